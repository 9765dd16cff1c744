"""How quick the web app is while a unit works in it: a real server, and officers who each think between pages."""
