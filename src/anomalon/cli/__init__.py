"""The command line: arguments in, files out, nothing else.

    anomalon demo      a search that needs no data
    anomalon search    search a file for resonances
    anomalon reach     limits on signals, injected and searched for again
    anomalon bump      find the most significant window of a histogram
    anomalon limit     upper limits from a histogram
    anomalon report    make the page of a finished run again
    anomalon simulate  generate events
    anomalon data      convert and list files of events
    anomalon info      say what a file is

Results go to stdout, progress to stderr. Exit status: 0 success, 1 a failed check or fit or bad
data, 2 usage or configuration, 130 interrupted.
"""

from anomalon.cli.main import main

__all__ = ["main"]
