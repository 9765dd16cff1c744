"""Filter, sort and count millions of leads for pages, from columns that are held in memory (ADR 19).

Entry points: `index.LeadIndex` (one per server), `lead_view.View` (filtered and sorted pages) and `filter.LeadFilter`.
"""
