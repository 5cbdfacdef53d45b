"""The records that travel through the house.

All are frozen; `to_dict` gives plain JSON values under the names that the command line prints.
Offsets are counted in characters (Unicode code points) of `Document.text`, `end` exclusive.
"""

from kb.messages import Language as Language
from kb.messages import Words as Words
from kb.types.answer import Answer as Answer
from kb.types.answer import Citation as Citation
from kb.types.answer import Claim as Claim
from kb.types.answer import Conversation as Conversation
from kb.types.answer import Hit as Hit
from kb.types.answer import Searched as Searched
from kb.types.answer import Step as Step
from kb.types.answer import Support as Support
from kb.types.answer import Turn as Turn
from kb.types.answer import Written as Written
from kb.types.answer import WrittenSentence as WrittenSentence
from kb.types.document import DOUBTFUL as DOUBTFUL
from kb.types.document import Block as Block
from kb.types.document import Cell as Cell
from kb.types.document import Document as Document
from kb.types.document import Edited as Edited
from kb.types.document import LeftOut as LeftOut
from kb.types.document import Metadata as Metadata
from kb.types.document import Page as Page
from kb.types.document import Passage as Passage
from kb.types.document import RecognisedLine as RecognisedLine
from kb.types.document import Section as Section
from kb.types.document import Table as Table
from kb.types.document import lowest_confidence as lowest_confidence
from kb.types.ingest import Added as Added
from kb.types.ingest import Change as Change
from kb.types.ingest import ChangeKind as ChangeKind
from kb.types.ingest import Prepared as Prepared
from kb.types.ingest import Problem as Problem
from kb.types.ingest import RecognisedDocument as RecognisedDocument
from kb.types.ingest import RecognitionReport as RecognitionReport
from kb.types.ingest import Report as Report
from kb.types.ingest import Sighting as Sighting
from kb.types.ingest import SyncPlan as SyncPlan
from kb.types.ingest import SyncReport as SyncReport
from kb.types.ingest import Unchanged as Unchanged
from kb.types.library import Check as Check
from kb.types.library import DocumentInfo as DocumentInfo
from kb.types.library import FilePath as FilePath
from kb.types.library import FileState as FileState
from kb.types.library import Finding as Finding
from kb.types.library import Progress as Progress
from kb.types.library import Status as Status
from kb.types.models import Candidate as Candidate
from kb.types.models import CrossEncoder as CrossEncoder
from kb.types.models import Encoder as Encoder
from kb.types.models import EncoderRecord as EncoderRecord
from kb.types.models import Ids as Ids
from kb.types.models import Reading as Reading
from kb.types.models import Role as Role
from kb.types.models import SentenceEncoder as SentenceEncoder
from kb.types.models import VectorIndex as VectorIndex
from kb.types.models import Vectors as Vectors
from kb.types.record import Described as Described
from kb.types.record import Note as Note
from kb.types.record import Noted as Noted
from kb.types.record import Notice as Notice
from kb.types.record import Record as Record
from kb.types.study import RecordPlace as RecordPlace
from kb.types.study import Route as Route
