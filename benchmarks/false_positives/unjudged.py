"""The alerts that decide by statistics and are not judged here, each with the reason."""

from __future__ import annotations

#: Alert -> why no figures here say how often it is wrong: a sentence, as the page has it.
UNJUDGED = {
    "ObskitCollectorQueueFilling": "It draws a line through the length of a queue: how unevenly a backend takes what "
    "it gets is its own affair, and no world here.",
    "ObskitGitlabPipelineSlow": "It compares a single run with the median of those before. How far the runs of a "
    "branch differ is its own affair: where they are lognormal with a deviation of 0.7, one in six takes more than "
    "twice the median, and fires if it takes more than five minutes.",
    "ObskitLogErrors": "It is in LogQL, which the evaluator does not know. Its bound (three sigma) is that of lines "
    "which come each by itself; errors that write ten lines at once pass it sooner.",
    "ObskitRuntimeMemoryRunsOut": "It draws a line through an hour of memory: how memory rises and falls is the "
    "program's own affair, and no world here.",
    "ObskitSmtpRefused": "Three failed probes of four decide. Those that the network loses come in bunches, each "
    "network its own.",
    "ObskitTektonPipelineFailing": "It counts failures in a row. Three come by chance as often as the third power of "
    "the share of runs that fail: with one in ten, once in a thousand runs.",
    "ObskitTelemetryExportStalled": "It compares what was sent with averages of half an hour, and fires where nothing "
    "was sent: how often a healthy service sends nothing for five minutes is its own affair.",
}
