"""Drug and alcohol needs assessments for any local authority in England.

The package turns publishers' files into tidy tables (`needs.sources`, `needs.tables`), tidy tables
into figures with intervals (`needs.stats`, `needs.figures`), and figures into an accessible report
(`needs.words`, `needs.charts`, `needs.chapters`, `needs.report`). Each folder imports only from
those before it: see docs/architecture.md. Nothing heavy is imported here, so that ``needs --help``
answers at once.
"""

__version__ = "0.1.0"
