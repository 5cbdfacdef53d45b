"""What the tool promises, put to the test at full counts: `python -m tests.torture [NAME …]`.

Each torture is a table of cases, and a case is played from the seed, the torture's name and its number alone, so that a
failure is played again by itself. The suite plays a few of each (test_torture.py).
"""
