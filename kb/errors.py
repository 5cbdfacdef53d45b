"""Everything that can go wrong, as one tree. What a caller can act on is a class; the code says which case of it.

    KBError                      code, values, exit_code, describe(language) -> (message, hint)
    ├── LibraryError             the library folder: E_BACKUP E_BACKUP_FILE E_BUSY E_COPY_DAMAGED E_COPY_DIFFERS
    │   │                        E_COPY_THERE E_DAMAGED E_DISK E_MILVUS_REFUSED E_MILVUS_UNREACHABLE E_NO_FOLDER
    │   │                        E_PG_BACKUP E_PG_ENCODING E_PG_LOST E_PG_OLD E_PG_REFUSED
    │   │                        E_PG_UNREACHABLE E_READONLY E_RESTORE_THERE E_VERSION
    │   ├── NoLibrary            nothing was added yet: E_NO_HOME E_NO_LIBRARY
    │   └── NothingIndexed       exit code 3: E_NOTHING_INDEXED
    ├── FileProblem              one input file: E_BIBLIOGRAPHY E_BOMB E_CHANGED E_CIPHER E_EMPTY E_ENCODING E_ENTRY
    │   │                        E_ENTRY_FILE E_ENTRY_READ E_FETCH E_FETCH_PRIVATE E_FETCH_TYPE E_IO E_LOCKED
    │   │                        E_LOOK_UP_OFF E_MEMBER E_NEEDS E_NET_OFF E_NOT_FOUND E_PASSWORD E_PERMISSION E_READER
    │   │                        E_READER_TWICE E_SIDECAR E_TOO_BIG E_TYPE E_ZOTERO
    │   ├── Unreadable           reading broke off: E_ACTORS_DIED E_CPU E_MEMORY E_PARSE E_READER_DIED
    │   └── Skipped              left out on purpose: SKIP_HIDDEN SKIP_LINK SKIP_NESTED SKIP_PART SKIP_PICTURE
    │                            SKIP_SIDECAR SKIP_SPECIAL SKIP_TYPE
    ├── PathError                more than is meant, exit code 10: E_PATH_WIDE E_SYNC
    ├── FolderError              to be written into: E_LAB_FILE_THERE E_LAB_FOLDER E_LAB_UNWRITABLE E_NOT_FOLDER
    │                            E_OUT E_WRITE
    ├── EncoderError             missing, damaged, or not the library's: E_ADAPTED_READER E_CROSS_ENCODER
    │                            E_ENCODER E_ENCODER_FOREIGN E_ENCODER_MISSING E_INDEX_WIDTH E_VOCABULARY
    ├── DataError                training data: D_BIG D_CELLS D_COLUMN D_COLUMN_TWICE D_DIVERGED D_EMPTY D_EMPTY_ROWS
    │                            D_ENCODING D_FEW D_LABEL D_LONG_LINE D_LONG_TEXT D_MANY_LABELS D_NO_BUNDLED D_ONE_CLASS
    │                            D_SMALL_CLASS D_SPAN E_DATA E_LAB_LINE E_LAB_PICTURE E_TOO_LITTLE
    ├── LabError                 a lab, or the model it left: E_LAB_FAILED E_LAB_MODEL E_LAB_NEEDS
    │   └── UnknownLab           exit code 2: E_LAB E_LAB_NAME E_LAB_NO_MODEL E_LAB_NO_RUN
    ├── SurveyError              a survey: E_SURVEY E_SURVEY_EMPTY
    │   ├── OffTopic             no document is on the topic, exit code 4: E_SURVEY_TOPIC
    │   └── OutlineError         E_OUTLINE E_OUTLINE_EDIT E_OUTLINE_FORM E_OUTLINE_NODE E_OUTLINE_TWICE
    │                            E_OUTLINE_UNKNOWN
    ├── QuestionError            exit code 2: Q_COLUMN_TWICE Q_EMPTY Q_EMPTY_COLUMN Q_FEW Q_LONG
    │                            Q_LONG_COLUMN Q_MANY_COLUMNS Q_NO_COLUMN Q_NO_NAME Q_PRESET Q_SHORT
    ├── UnknownDocument          E_AMBIGUOUS_TITLE E_UNKNOWN_DOCUMENT E_UNKNOWN_PATH
    │   └── UnknownPlace         no such page or span: E_PLACE
    ├── EditError                metadata that cannot be set, exit code 2: E_EDIT E_EDIT_NOTHING
    ├── ScopeError               collections, tags, states, filters, exit code 2: E_FILING_NAME E_NAME_TAKEN
    │   │                        E_NOT_YOURS E_NO_OWNER E_SCOPE_LANGUAGE E_STATE E_UNKNOWN_COLLECTION
    │   │                        E_UNKNOWN_TAG E_YEARS
    │   └── EmptyScope           the filters leave no document, exit code 7: E_SCOPE_EMPTY
    ├── UnknownConversation      E_UNKNOWN_CONVERSATION
    ├── UnknownTable             E_UNKNOWN_TABLE
    ├── UnknownQuestion          E_UNKNOWN_QUESTION
    ├── FeedbackError            what a reader says of an answer, exit code 2: E_FEEDBACK_QUOTE
    │   └── UnknownFeedback      E_UNKNOWN_FEEDBACK
    ├── NoteError                a note or a highlight, exit code 2: E_NOTE_EMPTY E_NOTE_LONG E_NOTE_PLACES E_NOTE_QUOTE
    │   └── UnknownNote          E_UNKNOWN_NOTE
    ├── ModelError               the language model, exit code 5: LLM_EMPTY LLM_FAILED LLM_INCOMPLETE LLM_PROTOCOL
    │   │                        LLM_RATE LLM_REQUEST LLM_SERVER LLM_TIMEOUT LLM_UNEXPECTED
    │   ├── NoModel              none is set: LLM_UNSET
    │   ├── ModelUnavailable     the next question would fail as well: LLM_AUTH LLM_DNS LLM_MODEL LLM_PATH LLM_REDIRECT
    │   │                        LLM_TLS LLM_UNREACHABLE
    │   ├── PromptTooLong        LLM_CONTEXT
    │   └── CapReached           LLM_CAP
    ├── ServiceError             the app or the answering process cannot start: E_PORT E_SERVED
    ├── RequestError             what another program asks of a server, exit code 2: E_ARGUMENT E_BODY E_BODY_SLOW
    │                            E_BROKEN E_CHAT_MODEL E_HOST E_NO_ROUTE E_ORIGIN E_TOKEN
    ├── ClusterError             other machines that prepare: E_RAY_ADDRESS E_RAY_ENCODER E_RAY_IDLE E_RAY_LOST
    │                            E_RAY_NODE
    ├── MissingPackage           an optional package is not installed: E_MISSING
    ├── PluginError              what another package adds, exit code 2: E_PLUGIN E_PLUGIN_TWICE
    └── SettingError             exit code 2: E_ENCODER_OBJECT E_HOST_NAME E_LOGIN E_MILVUS_ADDRESS E_OPEN
        │                        E_PG_ADDRESS E_PG_PASSWORD E_PUBLIC E_SETTING
        │                        E_TOKEN_FILE
        └── ParameterError       a parameter of a lab: E_LAB_ALONE E_LAB_CHOICE E_LAB_FILE E_LAB_INPUT E_LAB_NUMBER
                                 E_LAB_PARAM E_LAB_RANGE E_LAB_SAME E_LAB_SETTING

An error is made from its code and the values its message names: FileProblem("E_TOO_BIG", what="120 MB", limit="100
MB"). A value that is words itself is `Words(en, zh)`. Which class owns a code, and what it says in both languages,
stands in data/messages.toml; another class refuses the code.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kb.messages import Language, Words, describe, messages, plain_values
from kb.types import Finding, Note, Notice, Problem


class KBError(Exception):
    """Base of every error a caller can act on. str(error) is the English message. Errors: TypeError for the code of
    another class."""

    exit_code = 1

    def __init__(self, code: str, **values: Any) -> None:
        if (owner := messages()[code].owner) != type(self).__name__:
            raise TypeError(f"{code} is a code of {owner or 'no error'}, not of {type(self).__name__}")
        self.code = code
        self.values = values
        super().__init__(self.describe("en")[0])

    def describe(self, language: Language) -> tuple[str, str]:
        """(message, hint) in the reader's language."""
        return describe(self.code, self.values, language)

    @classmethod
    def codes(cls) -> frozenset[str]:
        """The codes that errors of this very class carry."""
        return frozenset(code for code, message in messages().items() if message.owner == cls.__name__)

    @classmethod
    def tree(cls) -> Iterator[type[KBError]]:
        """This class and all below it, in the order they are written."""
        yield cls
        for below in cls.__subclasses__():
            yield from below.tree()


class LibraryError(KBError):
    """The library folder cannot be opened, locked or written."""


class NoLibrary(LibraryError):
    """There is no library in the folder: nothing was added yet."""


class NothingIndexed(LibraryError):
    """There is no document to search."""

    exit_code = 3


class FileProblem(KBError):
    """One input file could not be read; its neighbours are not affected."""


class Unreadable(FileProblem):
    """Reading broke off: the file is damaged, or needs more time or memory than it may have. Pages that were read
    before stand."""


class Skipped(FileProblem):
    """A file that was left out on purpose."""


class PathError(KBError):
    """A path that holds more than anybody means to add, or one whose absence would remove more than anybody means; it
    may be confirmed."""

    exit_code = 10


class FolderError(KBError):
    """A folder that was to be written into cannot be."""


class EncoderError(KBError):
    """The encoder is missing or damaged, or is not the one the library was built with."""


class DataError(KBError):
    """Training data cannot be used: a line that is not of the file's form, or too little of it."""


class LabError(KBError):
    """A lab cannot run, or the model that its run left cannot be used."""


class UnknownLab(LabError):
    """There is no such lab, no such run, or no model that it left."""

    exit_code = 2


class SurveyError(KBError):
    """A survey cannot be read or written."""


class OffTopic(SurveyError):
    """The library has nothing on the topic of a survey."""

    exit_code = 4


class OutlineError(SurveyError):
    """An outline cannot be used, or not be changed as was asked."""


class QuestionError(KBError):
    """The question cannot be asked as it stands."""

    exit_code = 2


class UnknownDocument(KBError):
    """No document has this id."""


class UnknownPlace(UnknownDocument):
    """The document has no such page or span."""


class EditError(KBError):
    """Metadata of a document cannot be set to this."""

    exit_code = 2


class ScopeError(KBError):
    """Collections, tags, states or filters that are given so cannot be used."""

    exit_code = 2


class EmptyScope(ScopeError):
    """No document fits the filters."""

    exit_code = 7


class UnknownConversation(KBError):
    """No conversation has this id."""


class UnknownTable(KBError):
    """No table was kept under this name."""


class UnknownQuestion(KBError):
    """No kept question has this id."""


class FeedbackError(KBError):
    """What is said of an answer cannot be kept so."""

    exit_code = 2


class UnknownFeedback(FeedbackError):
    """No word on an answer has this id."""

    exit_code = 1


class NoteError(KBError):
    """A note or a highlight that cannot be made so."""

    exit_code = 2


class UnknownNote(NoteError):
    """No note has this id."""

    exit_code = 1


class ModelError(KBError):
    """The language model could not be asked or did not answer; the extractive answer does not need it."""

    exit_code = 5


class NoModel(ModelError):
    """No language model is set."""


class ModelUnavailable(ModelError):
    """The endpoint cannot be asked as it is set: the next question would fail in the same way."""


class PromptTooLong(ModelError):
    """The question with its evidence is longer than the model takes."""


class CapReached(ModelError):
    """The next question might go beyond the tokens or the money that were allowed."""


class ServiceError(KBError):
    """The app, or the process that answers for a library, cannot start."""


class RequestError(KBError):
    """What another program asks of `kb api` or `kb mcp` cannot be done as it stands, or not by whoever asks."""

    exit_code = 2


class ClusterError(KBError):
    """Machines that were to prepare documents cannot be reached, or would not make the same of them. What was committed
    and prepared is kept; the same command goes on."""


class MissingPackage(KBError):
    """An optional package is not installed; the hint is the line that installs it."""


class PluginError(KBError):
    """What another installed package adds to kb cannot be used."""

    exit_code = 2


class SettingError(KBError):
    """A setting has a value that cannot be used."""

    exit_code = 2


class ParameterError(SettingError):
    """A parameter of a lab is not known or has a value that cannot be used."""


def error_of(code: str, values: Mapping[str, Any]) -> KBError:
    """The error of a code, in the class that owns it. Errors: KeyError for a code that no class owns."""
    owner = {each.__name__: each for each in KBError.tree()}[messages()[code].owner]
    return owner(code, **values)


def is_skipped(problem: Problem) -> bool:
    """Whether a row of a report tells of a file that was left out on purpose."""
    return problem.code in Skipped.codes()


def as_problem(path: str, error: FileProblem) -> Problem:
    """The row of a report that says what happened to a file."""
    return Problem(path, error.code, *error.describe("en"), plain_values(error.values))


def as_notice(error: KBError) -> Notice:
    """An error as a record, to stand beside a result."""
    return Notice(error.code, *error.describe("en"), plain_values(error.values))


def as_finding(what: str, error: KBError, level: str = "error") -> Finding:
    """An error as what a check found."""
    return Finding(level, what, error.code, *error.describe("en"), plain_values(error.values))


def in_words(error: KBError) -> Words:
    """The message of an error, to stand within another message."""
    return Words(error.describe("en")[0], error.describe("zh")[0])


def finding(level: str, what: str, code: str, **values: Any) -> Finding:
    """What a check found, from its code and the values its message names."""
    return Finding(level, what, code, *describe(code, values, "en"), plain_values(values))


def note(code: str, **values: Any) -> Note:
    """A remark on a document, from its code and the values its message names."""
    return Note(code, describe(code, values, "en")[0], plain_values(values))
