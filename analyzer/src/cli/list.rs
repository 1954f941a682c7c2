//! `cargo whittle list`.

use clap::{Args, ValueEnum};

use crate::error::Outcome;
use crate::list::{self, Filter};
use crate::model::{ItemKind, Status};
use crate::query;
use crate::witness::no_such_item;

use super::args::AnalysisArgs;
use super::{Failure, Session};

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// How to print the list
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "jsonl")]
    format: Format,
    /// Only these crates: `name` or `name@version`
    #[arg(long = "crate", value_delimiter = ',', value_name = "CRATE")]
    crates: Vec<String>,
    /// Only items with this status
    #[arg(long, value_enum, value_delimiter = ',', value_name = "STATUS")]
    status: Vec<StatusArg>,
    /// Items of this kind instead of all functions
    #[arg(long, value_enum, value_delimiter = ',', value_name = "KIND")]
    kind: Vec<KindArg>,
    #[command(flatten)]
    pub(crate) analysis: AnalysisArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A header line, then one object a line
    Jsonl,
    /// One document
    Json,
    /// For people
    Table,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum StatusArg {
    Used,
    Unused,
    Unknown,
}

/// The kinds by the names they have in the list, and names for several at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum KindArg {
    /// Free functions
    Function,
    /// Functions with `self`
    Method,
    /// Functions of an `impl` or trait without `self`
    AssociatedFunction,
    Struct,
    Enum,
    Union,
    TypeAlias,
    Trait,
    Const,
    Static,
    Macro,
    /// `function`, `method` and `associated_function`
    Fn,
    /// `struct`, `enum`, `union` and `type_alias`
    Type,
    /// Every kind
    All,
}

impl KindArg {
    fn kinds(self) -> Vec<ItemKind> {
        let one = match self {
            Self::Function => ItemKind::Function,
            Self::Method => ItemKind::Method,
            Self::AssociatedFunction => ItemKind::AssociatedFunction,
            Self::Struct => ItemKind::Struct,
            Self::Enum => ItemKind::Enum,
            Self::Union => ItemKind::Union,
            Self::TypeAlias => ItemKind::TypeAlias,
            Self::Trait => ItemKind::Trait,
            Self::Const => ItemKind::Const,
            Self::Static => ItemKind::Static,
            Self::Macro => ItemKind::Macro,
            Self::Fn => return several(&[Self::Function, Self::Method, Self::AssociatedFunction]),
            Self::Type => {
                return several(&[Self::Struct, Self::Enum, Self::Union, Self::TypeAlias]);
            }
            Self::All => {
                let rest = [Self::Trait, Self::Const, Self::Static, Self::Macro];
                return several(&[[Self::Fn, Self::Type].as_slice(), rest.as_slice()].concat());
            }
        };
        vec![one]
    }
}

fn several(kinds: &[KindArg]) -> Vec<ItemKind> {
    kinds.iter().flat_map(|kind| kind.kinds()).collect()
}

impl From<StatusArg> for Status {
    fn from(status: StatusArg) -> Self {
        match status {
            StatusArg::Used => Self::Used,
            StatusArg::Unused => Self::Unused,
            StatusArg::Unknown => Self::Unknown,
        }
    }
}

pub(super) fn run(args: &ListArgs, session: &mut Session<'_>) -> Result<Outcome, Failure> {
    let filter = Filter {
        crates: args.crates.clone(),
        statuses: args.status.iter().map(|&status| status.into()).collect(),
        kinds: several(&args.kind),
    };
    let analysis = session.analyze(&super::options(&args.analysis)?)?;
    if let Some(name) = list::unknown_crate(&analysis, &filter) {
        return Err(no_such_item(name, &query::nearest_crates(&analysis, name)).into());
    }
    session.notes(&analysis);
    let format = match args.format {
        Format::Jsonl => list::Format::JsonLines,
        Format::Json => list::Format::Json,
        Format::Table => list::Format::Table(session.paint),
    };
    list::write(&analysis, &filter, format, session.out)?;
    Ok(Outcome::Clean)
}
