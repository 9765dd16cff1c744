"""The messages in an officer's inbox: derived from the tables and the ledger, and stored nowhere else.

Entry points: `news.list_news_since`, and `new_visits.record_new_visits` after a rebuild of the leads.
"""
