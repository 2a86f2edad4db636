"""The exception tree.

    CtgError                     a mistake or mishap a person can act on          exit 1
    ├── HomeError                the home folder is missing or cannot be used     exit 3
    ├── FrameworkError           a framework file breaks a rule                   exit 4
    ├── StoreError               the database is missing, older or unreachable    exit 5
    ├── UnknownReport            no report by that name, group or hash            exit 6
    │   └── AmbiguousReport      several reports by that name or group            exit 6
    ├── DecisionsError           a file of decisions cannot be taken              exit 7
    ├── RegisterError            the register of groups cannot be read            exit 8
    ├── MissingTool              a system package is needed for this              exit 9
    ├── RunIncomplete            the run ended, but not everything went well      exit 10
    ├── ModelError               a model is missing, of another kind, or no model exit 11
    ├── PeopleError                  a user, role or password cannot be as asked       exit 12
    ├── BrokenLog                    the audit log was changed or cut off              exit 13
    ├── ExchangeError            a file of another tool cannot be taken or written  exit 14
    ├── Unsound                      the doctor found something wrong                  exit 15
    ├── AlreadyRunning               another run has the project now               exit 16
    ├── Unreachable              a cluster, or the address of files, does not work      exit 17
    └── Refusal                  one file cannot be taken in; costs that file     (a verdict, never an exit)

Every message says what happened, to which report or file, and what to do. Anything that is not a
`CtgError` is a programmer's mistake. Only the command line turns these into exit codes.
"""

from __future__ import annotations


class CtgError(Exception):
    """Something a person can act on. `str(error)` is the whole message, without a traceback."""

    exit_code = 1


class HomeError(CtgError):
    exit_code = 3


class FrameworkError(CtgError):
    """A framework file breaks a rule; the message names the file, the line and the rule."""

    exit_code = 4


class StoreError(CtgError):
    exit_code = 5


class UnknownReport(CtgError):
    exit_code = 6


class AmbiguousReport(UnknownReport):
    """A name fits several reports; the message lists them."""


class DecisionsError(CtgError):
    exit_code = 7


class RegisterError(CtgError):
    exit_code = 8


class MissingTool(CtgError):
    """A system package is needed; the message says in one line how to get it."""

    exit_code = 9


class RunIncomplete(CtgError):
    """The run came to its end but some reports failed unexpectedly, or lines were refused."""

    exit_code = 10


class ModelError(CtgError):
    """A model cannot be used, or none can be trained yet; the message says the cure."""

    exit_code = 11


class PeopleError(CtgError):
    """A user, role or password cannot be as asked; the message never holds the password."""

    exit_code = 12


class BrokenLog(CtgError):
    """The audit log is not whole; the message says from which entry on."""

    exit_code = 13


class ExchangeError(CtgError):
    """A file of another tool cannot be taken, or none can be written for it; the message says why."""

    exit_code = 14


class Unsound(CtgError):
    """What the doctor looked at is not as it should be; what it found was told before."""

    exit_code = 15


class AlreadyRunning(CtgError):
    """Another run is under way; the message says which, since when and where."""

    exit_code = 16


class Unreachable(CtgError):
    """Another machine that a setting names (a cluster, the address of submitted files) cannot be reached or
    used; the message says which and why."""

    exit_code = 17


class Refusal(CtgError):
    """One submitted file cannot be taken in.

    `cause` is one of `records.REFUSALS`, in the words used everywhere; `advice` says what to send back.
    """

    def __init__(self, cause: str, advice: str) -> None:
        super().__init__(f"refused: {cause}. {advice}")
        self.cause = cause
        self.advice = advice
