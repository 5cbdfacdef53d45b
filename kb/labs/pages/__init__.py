"""What a run of a lab leaves for who reads it: its guide, its numbers in words, its figures, and one page of all of it.

Reads: plain values (what `describe` gives of a lab, events, metrics).  Gives: texts; who saves them is lab.py, and the
command and the app show the same.
"""
