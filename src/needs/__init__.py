"""Drug and alcohol needs assessments for any local authority in England.

The package turns publishers' files into tidy tables (`needs.prepare`), tidy tables into
figures with intervals (`needs.stats`, `needs.sections`), and figures into an accessible report
(`needs.report`). Nothing heavy is imported here, so that ``needs --help`` answers at once.
"""

__version__ = "0.1.0"
