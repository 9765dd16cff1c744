"""Lead pages: filtered and sorted lists, one lead with the reasons for and against, and acts on leads."""
