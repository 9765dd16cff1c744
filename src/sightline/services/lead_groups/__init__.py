"""Group leads that are to be looked at together: one account, one address within a day, one file.

Entry points: `groups.lead_groups` and `other_forces.forces_of_lead`.
"""
