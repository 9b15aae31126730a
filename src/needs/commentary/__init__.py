"""What people add to a report of their area: who publishes it, commentary, recommendations.

It stands in files beside the notebooks, a folder for each area, and one file above for all. They
are read and checked together, and become blocks of the chapters that they belong to.
"""
