"""Bibliographies out: one entry at a time as BibTeX, RIS, CSL JSON, in the styles of APA and GB/T 7714.

Reads: Entry (types/bibliography.py).  Gives: text. What is read back from BibTeX, RIS and CSL JSON is the same entry.
"""
