"""Rules we work by: policies, procedures, acknowledgements and obligations.

Holds nothing yet.
"""
