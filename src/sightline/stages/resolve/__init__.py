"""Replies of licensees, held against the notices that they answer: which subscriber, which candidates, or nobody.

`reading` makes rows of files, `checking` holds them against a notice, `joining` says what they show of each row of it,
`sessions` what of a session, `narrowing` and `corroborating` what several say together (docs/adr/0018).
"""
