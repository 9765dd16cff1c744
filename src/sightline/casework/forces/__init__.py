"""Other forces: their keys and requests, and the referrals that go to them and come from them."""
