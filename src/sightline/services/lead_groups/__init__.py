"""Group leads that are to be looked at together: one account, one address within a day, one file.

Entry points: `groups.group_leads` and `other_forces.list_forces_of_lead`.
"""
