"""Questions over whole works: who and when, who cites whom, summaries, comparisons, lists, and tables out of many
papers. Its files are in kb/README.md."""
