"""What the commands and environments of LaTeX and its packages mean to a reader of the text.

Reads: nothing.  Gives: tables of names: what is silent and with how many arguments, what is a word, a reference, a
heading. A command that stands in none of them is unknown.
"""

from __future__ import annotations

HEADINGS = {
    "part": 1, "chapter": 1, "section": 1, "subsection": 2, "subsubsection": 3, "paragraph": 4, "subparagraph": 5,
    "addchap": 1, "addsec": 1, "frametitle": 2, "subsubsubsection": 4,
}
FORMULAS = frozenset(
    "equation align alignat flalign gather multline eqnarray displaymath math dmath IEEEeqnarray xalignat dgroup "
    "subequations empheq".split()) - {"subequations"}
TABLES = {  # name -> arguments in braces before the rows
    "tabular": 1, "tabular*": 2, "tabularx": 2, "tabularx*": 2, "tabulary": 2, "longtable": 1, "longtable*": 1,
    "xltabular": 2, "tabu": 1, "longtabu": 1, "supertabular": 1, "xtabular": 1, "NiceTabular": 1, "tblr": 1,
    "longtblr": 1, "talltblr": 1, "array": 1, "deluxetable": 1, "ltablex": 1, "tabularew": 1,
}
DRAWINGS = frozenset("tikzpicture pspicture pgfpicture picture tikzcd forest axis circuitikz asy".split())
# Environments with arguments that are no prose: name -> how many in braces.
ENVIRONMENTS = {
    "CJK": 2, "CJK*": 2, "minipage": 1, "multicols": 1, "multicols*": 1, "wrapfigure": 2, "wraptable": 2,
    "wrapfloat": 3, "adjustbox": 1, "subfigure": 1, "subtable": 1, "spacing": 1, "adjustwidth": 2, "changemargin": 2,
    "list": 2, "column": 1, "otherlanguage": 1, "otherlanguage*": 1, "SCfigure": 0, "overpic": 1, "textblock": 1,
    "textblock*": 1, "addmargin": 1, "parcolumns": 1, "paracol": 1, "resizebox": 2, "scaletikzpicturetowidth": 1,
    "rotate": 1, "turn": 1, "tabbing": 0, "figure": 0, "figure*": 0, "table": 0, "table*": 0, "algorithmic": 0,
    "multicolumns": 1, "lrbox": 1, "savenotes": 0, "sloppypar": 0, "fontsize": 2, "savequote": 0, "varwidth": 1,
    "floatingfigure": 1, "foreign": 1, "english": 0, "hyphenrules": 1, "onlyenv": 0, "beamercolorbox": 1,
    "restatable": 2, "block": 0, "frame": 0, "tcolorbox": 0, "mdframed": 0, "center": 0, "quote": 0, "quotation": 0,
}
LISTS = frozenset("itemize enumerate description compactitem compactenum inparaenum inparaitem asparaenum "
                  "enumerate* itemize* easylist tablenotes".split())
NUMBERED = frozenset("enumerate compactenum inparaenum asparaenum enumerate*".split())
CITATIONS = frozenset(
    "cite citep citet citealp citealt citeauthor citeyear citeyearpar parencite textcite autocite footcite nocite "
    "Citep Citet Parencite Textcite Autocite Citeauthor citenum onlinecite supercite smartcite fullcite footfullcite "
    "citeA shortcite shortciteA citeN citeNP upcite parencites textcites autocites cites citetitle newcite refcite "
    "inlinecite citepalias citetalias possessivecite".split())
REFERENCES = frozenset("ref eqref pageref autoref cref Cref nameref vref labelcref subref fullref zcref Vref secref "
                       "figref tabref".split())
# Commands whose arguments are no prose: name -> how many of them.
SILENT = {
    "label": 1, "vspace": 1, "hspace": 1, "includegraphics": 1, "bibliographystyle": 1, "bibliography": 1,
    "usepackage": 1, "documentclass": 1, "setlength": 2, "addtolength": 2, "pagestyle": 1, "thispagestyle": 1,
    "definecolor": 3, "color": 1, "hypersetup": 1, "input": 1, "include": 1, "title": 1, "author": 1, "date": 1,
    "affiliation": 1, "email": 1, "thanks": 1, "phantom": 1, "hphantom": 1, "vphantom": 1, "rule": 2, "cline": 1,
    "addcontentsline": 3, "graphicspath": 1, "tikzset": 1, "geometry": 1, "titlespacing": 4, "addbibresource": 1,
    "hyphenation": 1, "pdfinfo": 1, "index": 1, "printbibliography": 0, "subfile": 1, "import": 2, "subimport": 2,
    "fontsize": 2, "selectlanguage": 1, "pagenumbering": 1, "markboth": 2, "markright": 1, "captionsetup": 1,
    "setlist": 1, "sisetup": 1, "lstset": 1, "pgfplotsset": 1, "usetikzlibrary": 1, "bibliographyunit": 0,
    "numberwithin": 2, "counterwithin": 2, "theoremstyle": 1, "newcounter": 1, "newlength": 1, "newsavebox": 1,
    "setstretch": 1, "linespread": 1, "enlargethispage": 1, "stretch": 1, "raisebox": 1, "includepdf": 1,
    "fontfamily": 1, "fontseries": 1, "fontshape": 1, "usefont": 4, "DeclareGraphicsExtensions": 1, "urlstyle": 1,
    "rowcolor": 1, "columncolor": 1, "cellcolor": 1, "rowcolors": 3, "arrayrulecolor": 1, "specialrule": 3,
    "hdashline": 0, "morecmidrules": 0, "addlinespace": 0, "cmidrule": 1, "noalign": 1, "omit": 0, "diagbox": 0,
    "setcitestyle": 1, "shorttitle": 1, "shortauthors": 1, "titlerunning": 1, "authorrunning": 1, "institute": 1,
    "address": 1, "orcid": 1, "orcidID": 1, "ead": 1, "cortext": 1, "fntext": 1, "corref": 1, "fnref": 1,
    "tnotetext": 1, "footref": 1,
    "received": 1, "accepted": 1, "ccsdesc": 1, "setcopyright": 1, "copyrightyear": 1, "acmYear": 1, "acmDOI": 1,
    "acmConference": 3, "acmISBN": 1, "acmPrice": 1, "acmJournal": 1, "acmVolume": 1, "acmNumber": 1, "acmArticle": 1,
    "acmMonth": 1, "acmSubmissionID": 1, "icmltitle": 1, "icmlauthor": 2, "icmlaffiliation": 2, "usetheme": 1,
    "icmlcorrespondingauthor": 2, "icmlkeywords": 1, "icmltitlerunning": 1, "icmlsetsymbol": 2, "usecolortheme": 1,
    "setbeamertemplate": 1, "beamertemplatenavigationsymbolsempty": 0, "setmainfont": 1, "setsansfont": 1,
    "setmonofont": 1, "setCJKmainfont": 1, "setCJKsansfont": 1, "setCJKmonofont": 1, "CJKfamily": 1, "zihao": 1,
    "ctexset": 1, "thusetup": 1, "fancyhead": 1, "fancyfoot": 1, "fancyhf": 1, "lhead": 1, "chead": 1, "rhead": 1,
    "lfoot": 1, "cfoot": 1, "rfoot": 1, "renewbibmacro": 2, "hypertarget": 1, "pdfbookmark": 2, "bookmarksetup": 1,
    "belowpdfbookmark": 2, "currentpdfbookmark": 2, "phantomsection": 0, "crefname": 3, "Crefname": 3,
    "nomenclature": 2,
    "DeclareUnicodeCharacter": 2, "PassOptionsToPackage": 2, "RequirePackage": 1, "LoadClass": 1, "excludecomment": 1,
    "excludeversion": 1,
    "includecomment": 1, "includeonly": 1, "makeindex": 0, "tcbset": 1, "newtcolorbox": 2, "newfloat": 0,
    "floatstyle": 1, "restylefloat": 1, "newfontfamily": 1, "DeclareFieldFormat": 2, "providecommand": 2,
    "listfiles": 0,
    "glsaddall": 0, "printglossary": 0, "printglossaries": 0, "newacronym": 3, "newglossaryentry": 2, "acro": 2,
    "DeclareAcronym": 2, "makeglossaries": 0, "setenumerate": 1, "setitemize": 1, "settowidth": 2, "settoheight": 2,
    "AtBeginDocument": 1, "AtEndDocument": 1, "AddToHook": 2, "definechangesauthor": 1, "mathchardef": 0, "char": 0,
    "DeclareMathAlphabet": 5, "SetMathAlphabet": 6, "DeclareSymbolFont": 5, "DeclareMathSymbol": 4, "pdfoutput": 0,
    "appendixpage": 0, "cleardoublepage": 0, "bstctlcite": 1, "protect": 0, "lstinputlisting": 1, "verbatiminput": 1,
    "tag": 1, "intertext": 0, "IEEEpubid": 1, "IEEEauthorblockN": 1, "IEEEauthorblockA": 1, "citestyle": 1,
    "sethlcolor": 1, "setul": 2, "DeclareSIUnit": 2, "newunit": 2, "SetKwInOut": 2, "SetKwInput": 2,
    "SetKwProg": 4, "SetKwFunction": 2, "SetAlgoLined": 0, "DontPrintSemicolon": 0, "LinesNumbered": 0, "SetCell": 1,
    "SetRow": 1, "SetRows": 2, "SetColumn": 2, "SetHline": 3, "hyperref": 0, "leavevmode": 0, "acmBadgeR": 1,
}
# Commands without arguments that only change how a page looks.
LAYOUT = frozenset(
    "centering raggedright raggedleft noindent indent maketitle tableofcontents listoffigures listoftables clearpage "
    "newpage pagebreak nopagebreak nolinebreak smallskip medskip bigskip vfill hfill hfil vfil hss vss null sloppy "
    "fussy samepage tiny scriptsize footnotesize small normalsize large Large LARGE huge Huge bfseries mdseries "
    "itshape "
    "slshape upshape scshape rmfamily sffamily ttfamily normalfont bf it rm sf tt sc sl em cal boldmath unboldmath "
    "singlespacing onehalfspacing doublespacing onecolumn twocolumn appendix frontmatter mainmatter backmatter "
    "makeatletter makeatother begingroup endgroup bgroup egroup relax protect unskip ignorespaces break allowbreak "
    "nobreak linewidth textwidth columnwidth textheight paperwidth baselineskip parindent parskip tabcolsep "
    "arraystretch "
    "qedhere qed FloatBarrier balance flushbottom raggedbottom columnbreak strut hline toprule midrule bottomrule "
    "endhead endfirsthead endfoot endlastfoot tabularnewline centerline leftline rightline pause and And AND "
    "printindex songti heiti kaishu fangsong lishu youyuan CJKindent CJKtilde leftmargin rightmargin itemsep topsep "
    "parsep partopsep labelwidth labelsep hangindent hangafter par newline linebreak xspace nonumber notag "
    "displaystyle "
    "textstyle scriptstyle limits nolimits justify RaggedRight Centering RaggedLeft onlinefirst peerreview "
    "IEEEpeerreviewmaketitle IEEEoverridecommandlockouts IEEEraisesectionheading IEEEdisplaynontitleabstractindextext "
    "printcredits endinput bye makecover makedeclaration statement textnormal upshape nobibliography titlepage "
    "lstlistoflistings listofalgorithms cftaddtitleline justifying footnoterule topmargin oddsidemargin evensidemargin "
    "headheight headsep footskip looseness widowpenalty clubpenalty hyphenpenalty tolerance emergencystretch "
    "hspace vspace listfigurename listtablename refname bibname contentsname figurename tablename abstractname "
    "noalign global long outer immediate acknowledgments thefigure thetable thesection theequation hrule vrule "
    "hrulefill dotfill smash unskip setbox box usebox sbox savebox par everypar ifodd advance fi else newblock "
    "expandafter".split())
SECOND_IS_TEXT = {  # name -> arguments in braces before the text
    "textcolor": 1, "href": 1, "colorbox": 1, "fcolorbox": 2, "parbox": 1, "raisebox": 1, "scalebox": 1,
    "resizebox": 2, "resizebox*": 2, "rotatebox": 1, "foreignlanguage": 1, "hyperlink": 1, "adjustbox": 1,
    "makebox": 0, "framebox": 0, "hyperref": 0, "texorpdfstring": 0, "multirow": 2, "multicolumn": 2, "href*": 1,
    "textlangs": 1, "CJKfamily": 1, "inputminted": 1, "adjincludegraphics": 1, "pbox": 1, "subcaptionbox": 0,
    "replaced": 0, "tabincell": 1, "otherlang": 1, "scalerel": 1, "stackunder": 0,
}
WORDS = {
    "LaTeX": "LaTeX", "TeX": "TeX", "LaTeXe": "LaTeX2ε", "BibTeX": "BibTeX", "XeTeX": "XeTeX", "XeLaTeX": "XeLaTeX",
    "pdfLaTeX": "pdfLaTeX", "LuaTeX": "LuaTeX", "ldots": "…", "dots": "…", "textellipsis": "…",
    "cdots": "⋯", "textendash": "–", "textemdash": "—", "textbar": "|", "textbackslash": "\\", "textasciitilde": "~",
    "textasciicircum": "^", "textless": "<", "textgreater": ">", "ss": "ß", "SS": "ẞ", "ae": "æ", "AE": "Æ", "oe": "œ",
    "OE": "Œ", "o": "ø", "O": "Ø", "aa": "å", "AA": "Å", "l": "ł", "L": "Ł", "i": "ı", "j": "ȷ", "dh": "ð", "DH": "Ð",
    "th": "þ", "TH": "Þ", "dj": "đ", "DJ": "Đ", "ng": "ŋ", "NG": "Ŋ", "S": "§", "P": "¶", "dag": "†", "ddag": "‡",
    "copyright": "©", "textcopyright": "©", "textregistered": "®", "texttrademark": "™", "pounds": "£", "euro": "€",
    "texteuro": "€", "textsterling": "£", "textyen": "¥", "texttimes": "×", "textdegree": "°", "degree": "°",
    "textpm": "±", "textmu": "µ", "textminus": "−", "textbullet": "•", "textperiodcentered": "·",
    "textasteriskcentered": "∗",
    "textdagger": "†", "textdaggerdbl": "‡", "textsection": "§", "textparagraph": "¶", "textonehalf": "½",
    "textquestiondown": "¿", "textexclamdown": "¡", "textordmasculine": "º", "textordfeminine": "ª",
    "textonequarter": "¼", "textthreequarters": "¾", "textcelsius": "℃", "celsius": "℃", "textohm": "Ω",
    "textunderscore": "_", "textdollar": "$", "textbraceleft": "{", "textbraceright": "}", "textpertenthousand": "‱",
    "textperthousand": "‰", "permil": "‰", "textnumero": "№", "textrightarrow": "→", "textleftarrow": "←",
    "checkmark": "✓", "cmark": "✓", "xmark": "✗", "ding": "", "quad": " ", "qquad": " ", "thinspace": " ",
    "enspace": " ", "space": " ", "nobreakspace": " ", "negthinspace": "", "enskip": " ", "hskip": " ", "kern": "",
    "textquotedblleft": "“", "textquotedblright": "”", "textquoteleft": "‘", "textquoteright": "’",
    "textquotesingle": "'", "textquotedbl": '"', "quotedblbase": "„", "quotesinglbase": "‚", "glqq": "„", "grqq": "“",
    "glq": "‚", "grq": "‘", "flqq": "«", "frqq": "»", "guillemotleft": "«", "guillemotright": "»", "guillemetleft": "«",
    "guillemetright": "»", "og": "« ", "fg": " »", "slash": "/", "textvisiblespace": "␣", "today": "", "lq": "‘",
    "rq": "’", "lbrack": "[", "rbrack": "]", "backslash": "\\", "textlangle": "〈", "textrangle": "〉", "dotsc": "…",
    "lbrace": "{", "rbrace": "}", "vert": "|", "onedot": ".", "etal": "et al.", "nmid": "∤", "bigskip": "",
    "star": "⋆", "times": "×", "pm": "±", "rightarrow": "→", "leftarrow": "←", "to": "→", "alpha": "α", "beta": "β",
    "gamma": "γ", "delta": "δ", "mu": "μ", "sigma": "σ", "lambda": "λ", "theta": "θ", "epsilon": "ε", "circ": "°",
    "leq": "≤", "geq": "≥", "sim": "∼", "approx": "≈", "cdot": "·", "prime": "′", "ast": "*", "dagger": "†",
    "ddagger": "‡", "bullet": "•", "S ": "§",
}
MARGIN = {"todo": 1, "marginnote": 1, "marginpar": 1, "missingfigure": 1, "todoin": 1, "sidenote": 1, "pdfcomment": 1,
          "pdfmargincomment": 1, "fxnote": 1, "fxwarning": 1, "fxerror": 1, "fixme": 1, "FIXME": 1, "TODO": 1,
          "listoftodos": 0, "reversemarginpar": 0, "mnote": 1}
STRUCK = {"sout": 1, "st": 1, "xout": 1, "deleted": 1, "cancel": 1, "sfdel": 1}
THEOREMS = {
    "theorem": "Theorem", "thm": "Theorem", "lemma": "Lemma", "lem": "Lemma", "corollary": "Corollary",
    "cor": "Corollary", "proposition": "Proposition", "prop": "Proposition", "definition": "Definition",
    "defn": "Definition", "remark": "Remark", "rem": "Remark", "example": "Example", "claim": "Claim",
    "conjecture": "Conjecture", "assumption": "Assumption", "problem": "Problem", "observation": "Observation",
    "axiom": "Axiom", "property": "Property", "fact": "Fact", "hypothesis": "Hypothesis", "exercise": "Exercise",
}
# Statements of algorithms: name -> what is written, {} for its argument.
STATEMENTS = {
    "if": "if {} then", "elsif": "else if {} then", "elseif": "else if {} then", "eif": "if {} then",
    "for": "for {} do", "forall": "for all {} do", "foreach": "for each {} do", "while": "while {} do",
    "until": "until {}", "repeat": "repeat", "else": "else", "endif": "end if", "endfor": "end for",
    "endwhile": "end while", "loop": "loop", "endloop": "end loop", "return": "return ", "require": "Require: ",
    "ensure": "Ensure: ", "input": "Input: ", "output": "Output: ", "kwin": "Input: {}", "kwout": "Output: {}",
    "kwdata": "Data: {}", "kwresult": "Result: {}", "kwret": "return {}", "kwinput": "Input: {}",
    "kwoutput": "Output: {}", "state": "", "statex": "", "procedure": "procedure {}({})", "function": "function {}({})",
    "endprocedure": "end procedure", "endfunction": "end function", "comment": " ▷ {}", "tcp": " ▷ {}", "tcc": " ▷ {}",
    "call": "{}({})", "uif": "if {} then", "uelseif": "else if {} then", "lif": "if {} then ", "ensure ": "",
    "lelse": "else ", "uelse": "else", "print": "print ", "print ": "", "repeatuntil": "", "break": "break",
}
# Commands that a dimension follows.
MEASURED = frozenset("vskip hskip kern mskip parindent parskip baselineskip topmargin hsize vsize itemsep tabcolsep "
                     "lineskip leftskip rightskip hangindent".split())
