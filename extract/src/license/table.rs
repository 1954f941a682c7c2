//! The licences of which is known what they allow: a reviewed table.
//!
//! Read against the licences' own texts and, for what goes together, the FSF's list of licences.
//! A licence gets in with the phrases that its text, and no other's, holds; one that is not here
//! is refused.

/// What a licence asks for when some of its code is copied, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Nothing: dedicated to the public, or without conditions.
    Free,
    /// Copyright lines and the text of the licence stay with the code.
    Notice,
    /// The same, the package's NOTICE, and changes are marked.
    Apache,
    /// The files of the copy stay under it, whatever the rest is under.
    Files,
    /// The whole that it becomes part of is under it.
    Whole,
}

impl Class {
    #[must_use]
    pub fn is_permissive(self) -> bool {
        self <= Self::Apache
    }
    /// The text of the licence must come along.
    #[must_use]
    pub fn needs_text(self) -> bool {
        self > Self::Free
    }
}

/// A licence of the table.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Known {
    /// SPDX, with its exception.
    pub(super) id: &'static str,
    pub(super) class: Class,
    /// In lower case, words by one space: all of these are in its text …
    pub(super) holds: &'static [&'static str],
    /// … and none of these.
    pub(super) lacks: &'static [&'static str],
    /// For [`Class::Whole`]: the licences of a whole that may take it in, besides itself.
    pub(super) into: &'static [&'static str],
}

const fn known(
    id: &'static str,
    class: Class,
    holds: &'static [&'static str],
    lacks: &'static [&'static str],
) -> Known {
    Known {
        id,
        class,
        holds,
        lacks,
        into: &[],
    }
}

const fn whole(
    id: &'static str,
    holds: &'static [&'static str],
    lacks: &'static [&'static str],
    into: &'static [&'static str],
) -> Known {
    Known {
        id,
        class: Class::Whole,
        holds,
        lacks,
        into,
    }
}

const MIT: &str = "permission is hereby granted, free of charge, to any person obtaining a copy";
const MIT_NOTICE: &str = "shall be included in all copies or substantial portions";
const ISC: &str = "permission to use, copy, modify, and/or distribute this software for any purpose \
                   with or without fee is hereby granted";
const ISC_NOTICE: &str =
    "provided that the above copyright notice and this permission notice appear";
const BSD: &str = "redistribution and use in source and binary forms, with or without modification";
const BSD_BINARY: &str = "redistributions in binary form must reproduce";
const APACHE: &str = "apache license version 2.0, january 2004";
const LLVM: &str = "llvm exceptions to the apache 2.0 license";
const MPL: &str = "mozilla public license version 2.0";
const GPL2: &str = "gnu general public license version 2, june 1991";
const GPL3: &str = "gnu general public license version 3, 29 june 2007";
const LGPL21: &str = "gnu lesser general public license version 2.1, february 1999";
const LGPL3: &str = "gnu lesser general public license version 3, 29 june 2007";
const AGPL3: &str = "gnu affero general public license version 3, 19 november 2007";

const TABLE: &[Known] = &[
    known("0BSD", Class::Free, &[ISC], &[ISC_NOTICE]),
    known("CC0-1.0", Class::Free, &["cc0 1.0 universal"], &[]),
    known(
        "MIT-0",
        Class::Free,
        &[MIT],
        &[MIT_NOTICE, "university of illinois", "neither the name"],
    ),
    known(
        "Unlicense",
        Class::Free,
        &["this is free and unencumbered software released into the public domain"],
        &[],
    ),
    known(
        "WTFPL",
        Class::Free,
        &["do what the fuck you want to public license"],
        &[],
    ),
    known(
        "BSD-1-Clause",
        Class::Notice,
        &[BSD],
        &[BSD_BINARY, "neither the name", "advertising"],
    ),
    known(
        "BSD-2-Clause",
        Class::Notice,
        &[BSD, BSD_BINARY],
        &[
            "neither the name",
            "advertising materials",
            "patent license",
            "endorse or promote",
        ],
    ),
    known(
        "BSD-2-Clause-Patent",
        Class::Notice,
        &[
            BSD,
            BSD_BINARY,
            "copyright holder or contributor hereby grants",
        ],
        &["neither the name of the", "advertising materials"],
    ),
    known(
        "BSD-3-Clause",
        Class::Notice,
        &[
            BSD,
            BSD_BINARY,
            "endorse or promote products derived from this software",
        ],
        &["advertising materials", "nuclear facility", "patent"],
    ),
    known(
        "BSL-1.0",
        Class::Notice,
        &["boost software license - version 1.0"],
        &[],
    ),
    known(
        "BlueOak-1.0.0",
        Class::Notice,
        &["blue oak model license version 1.0.0"],
        &[],
    ),
    known(
        "ISC",
        Class::Notice,
        &["permission to use, copy, modify", ISC_NOTICE],
        &[],
    ),
    known(
        "MIT",
        Class::Notice,
        &[MIT, MIT_NOTICE],
        &["advertising", "neither the name", "without the express"],
    ),
    known(
        "NCSA",
        Class::Notice,
        &[
            MIT,
            "neither the names of",
            "redistributions of source code must retain",
        ],
        &[],
    ),
    known(
        "PostgreSQL",
        Class::Notice,
        &[
            "postgresql",
            "without fee, and without a written agreement is hereby granted",
        ],
        &[],
    ),
    known("Unicode-3.0", Class::Notice, &["unicode license v3"], &[]),
    known(
        "Unicode-DFS-2016",
        Class::Notice,
        &["unicode, inc. license agreement - data files and software"],
        &[],
    ),
    known(
        "X11",
        Class::Notice,
        &[MIT, MIT_NOTICE, "x consortium"],
        &[],
    ),
    known(
        "Zlib",
        Class::Notice,
        &[
            "provided 'as-is', without any express or implied warranty",
            "altered source versions must be plainly marked",
        ],
        &[],
    ),
    known(
        "Apache-2.0",
        Class::Apache,
        &[
            APACHE,
            "terms and conditions for use, reproduction, and distribution",
        ],
        &[],
    ),
    known(
        "Apache-2.0 WITH LLVM-exception",
        Class::Apache,
        &[APACHE, LLVM],
        &[],
    ),
    // Its text is the same with and without Exhibit B, which the files themselves carry.
    known("MPL-2.0", Class::Files, &[MPL], &[]),
    known("MPL-2.0-no-copyleft-exception", Class::Files, &[MPL], &[]),
    whole(
        "LGPL-2.1-only",
        &[LGPL21],
        &[],
        &[
            "GPL-2.0-only",
            "GPL-2.0-or-later",
            "GPL-3.0-only",
            "GPL-3.0-or-later",
        ],
    ),
    whole(
        "LGPL-2.1-or-later",
        &[LGPL21],
        &[],
        &[
            "LGPL-2.1-only",
            "LGPL-3.0-only",
            "LGPL-3.0-or-later",
            "GPL-2.0-only",
            "GPL-2.0-or-later",
            "GPL-3.0-only",
            "GPL-3.0-or-later",
        ],
    ),
    whole("LGPL-3.0-only", &[LGPL3], &[], &["GPL-3.0-only"]),
    whole(
        "LGPL-3.0-or-later",
        &[LGPL3],
        &[],
        &["LGPL-3.0-only", "GPL-3.0-only", "GPL-3.0-or-later"],
    ),
    whole("GPL-2.0-only", &[GPL2], &[], &[]),
    whole(
        "GPL-2.0-or-later",
        &[GPL2],
        &[],
        &["GPL-2.0-only", "GPL-3.0-only", "GPL-3.0-or-later"],
    ),
    whole("GPL-3.0-only", &[GPL3], &[LGPL3], &[]),
    whole("GPL-3.0-or-later", &[GPL3], &[LGPL3], &["GPL-3.0-only"]),
    whole("AGPL-3.0-only", &[AGPL3], &[], &[]),
    whole("AGPL-3.0-or-later", &[AGPL3], &[], &["AGPL-3.0-only"]),
];

pub(super) fn get(id: &str) -> Option<&'static Known> {
    TABLE.iter().find(|known| known.id == id)
}

pub(super) fn all() -> impl Iterator<Item = &'static Known> {
    TABLE.iter()
}

/// Licences that are told apart elsewhere than in their text (`-only`, `-or-later`).
pub(super) fn same_text(a: &str, b: &str) -> bool {
    match (get(a), get(b)) {
        (Some(a), Some(b)) => a.holds == b.holds && a.lacks == b.lacks,
        _ => a == b,
    }
}
