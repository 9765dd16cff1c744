"""Tell officers outside the web app that they have new notifications, by the unit's mail relay or webhook.

A message holds a number and a link, and nothing of a case. Entry points: `settings.read_settings` and
`rounds.deliver_notifications`.
"""
