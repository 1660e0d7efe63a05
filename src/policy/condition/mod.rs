//! Conditions: `{"StringLike": {"aws:username": ["a*", "b*"]}}`.
//!
//! A file per family answers one thing: does this request value match one of these policy values? Everything that
//! operators share (negation, `IfExists`, `ForAllValues`, `ForAnyValue`, absent keys) happens once, here.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>

mod arn;
mod binary;
mod boolean;
mod date;
mod ip;
mod null;
mod numeric;
mod string;

use super::context::{ContextValue, RequestContext};
use super::document::Effect;
use super::problem::OperandFamily;
use super::variables::{Reading, Variable};

/// One key under one operator, with the values it is compared to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    operator: Operator,
    key: Box<str>,
    texts: Box<[Box<str>]>,
    operands: Operands,
}

/// An operator, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    name: Box<str>,
    comparison: Comparison,
    negated: bool,
    if_exists: bool,
    set: Option<SetQualifier>,
}

/// How the values of a multi-valued key are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetQualifier {
    /// Every value; true when there is none.
    ForAllValues,
    /// At least one value.
    ForAnyValue,
}

/// What is compared, in its positive form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Exact text.
    StringEquals,
    /// Text in lower case.
    StringEqualsIgnoreCase,
    /// Text with wildcards.
    StringLike,
    /// Decimal numbers.
    Numeric(Order),
    /// Instants.
    Date(Order),
    /// `true` or anything else.
    Bool,
    /// Base64 text.
    Binary,
    /// An address in a network.
    IpAddress,
    /// An ARN, part by part; `ArnEquals` and `ArnLike` are one.
    Arn,
    /// Presence of the key.
    Null,
}

/// Which orders satisfy a comparison of numbers or dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// `=`
    Equal,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Order {
    fn admits(self, request_to_policy: std::cmp::Ordering) -> bool {
        match self {
            Self::Equal => request_to_policy.is_eq(),
            Self::Less => request_to_policy.is_lt(),
            Self::LessOrEqual => request_to_policy.is_le(),
            Self::Greater => request_to_policy.is_gt(),
            Self::GreaterOrEqual => request_to_policy.is_ge(),
        }
    }
}

/// What comparing one request value with a list of policy values came to, before any negation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Match,
    NoMatch,
    /// The request value is of another kind: false however the operator is turned.
    Unfit,
    /// A policy value is of another kind: the statement is taken to hold if it denies and not to if it allows.
    ByEffect,
}

impl Outcome {
    fn of(matches: bool) -> Self {
        if matches { Self::Match } else { Self::NoMatch }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Operands {
    Texts(Box<[string::Operand]>),
    Numbers(Order, Box<[Option<numeric::Decimal>]>),
    Dates(Order, Box<[Option<crate::time::Timestamp>]>),
    Bools(Box<[string::Operand]>),
    Binaries(Box<[Option<Box<str>>]>),
    Networks(Box<[ip::Operand]>),
    Arns(Box<[arn::Operand]>),
    Presence(Box<[null::Operand]>),
}

impl Operator {
    /// Reads an operator's name, exactly as it must be spelled.
    pub fn parse(name: &str) -> Option<Self> {
        let (set, rest) = match name.split_once(':') {
            Some(("ForAllValues", rest)) => (Some(SetQualifier::ForAllValues), rest),
            Some(("ForAnyValue", rest)) => (Some(SetQualifier::ForAnyValue), rest),
            Some(_) => return None,
            None => (None, name),
        };
        let (base, if_exists) = match rest.strip_suffix("IfExists") {
            Some("Null") => return None,
            Some(base) => (base, true),
            None => (rest, false),
        };
        let (_, comparison, negated) = BASES.iter().find(|(known, ..)| *known == base)?;
        Some(Self { name: name.into(), comparison: *comparison, negated: *negated, if_exists, set })
    }

    /// The name as written.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it compares, in its positive form.
    pub fn comparison(&self) -> Comparison {
        self.comparison
    }

    /// Whether it is a `Not` operator.
    pub fn negated(&self) -> bool {
        self.negated
    }

    /// Whether an absent key satisfies it.
    pub fn if_exists(&self) -> bool {
        self.if_exists
    }
}

impl Condition {
    pub(super) fn new(operator: Operator, key: &str, texts: Vec<String>, variables: bool) -> Self {
        let plain = Reading { wildcards: false, variables };
        let glob = Reading { wildcards: true, variables };
        let all = texts.iter().map(String::as_str);
        let operands = match operator.comparison {
            Comparison::StringEquals => Operands::Texts(all.map(|t| string::Operand::exact(t, plain)).collect()),
            Comparison::StringEqualsIgnoreCase => {
                Operands::Texts(all.map(|t| string::Operand::ignoring_case(t, plain)).collect())
            }
            Comparison::StringLike => Operands::Texts(all.map(|t| string::Operand::exact(t, glob)).collect()),
            Comparison::Numeric(order) => Operands::Numbers(order, all.map(numeric::Decimal::parse).collect()),
            Comparison::Date(order) => Operands::Dates(order, all.map(date::parse).collect()),
            Comparison::Bool => Operands::Bools(all.map(|t| string::Operand::exact(t, plain)).collect()),
            Comparison::Binary => Operands::Binaries(all.map(binary::parse).collect()),
            Comparison::IpAddress => Operands::Networks(all.map(ip::Operand::parse).collect()),
            Comparison::Arn => Operands::Arns(all.map(|t| arn::Operand::parse(t, glob)).collect()),
            Comparison::Null => Operands::Presence(all.map(null::Operand::parse).collect()),
        };
        let texts = texts.into_iter().map(String::into_boxed_str).collect();
        Self { operator, key: key.into(), texts, operands }
    }

    /// The operator.
    pub fn operator(&self) -> &Operator {
        &self.operator
    }

    /// The context key as written.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The policy's values as written.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(AsRef::as_ref)
    }

    /// The variables among the values.
    pub fn variables(&self) -> impl Iterator<Item = &Variable> {
        let (texts, arns) = match &self.operands {
            Operands::Texts(texts) | Operands::Bools(texts) => (Some(texts), None),
            Operands::Arns(arns) => (None, Some(arns)),
            _ => (None, None),
        };
        let texts = texts.into_iter().flatten().flat_map(|text| text.pattern().variables());
        texts.chain(arns.into_iter().flatten().flat_map(|arn| arn.whole().variables()))
    }

    /// The first value that its operator cannot read, with its place. One that is about to be saved must be whole
    /// before any variable counts.
    pub(super) fn malformed(&self, saving: bool) -> Option<(OperandFamily, usize, &str)> {
        let (family, at) = match &self.operands {
            Operands::Numbers(_, all) => (OperandFamily::Number, all.iter().position(Option::is_none)),
            Operands::Dates(_, all) => (OperandFamily::Date, all.iter().position(Option::is_none)),
            Operands::Binaries(all) => (OperandFamily::Binary, all.iter().position(Option::is_none)),
            Operands::Networks(all) => (OperandFamily::Ip, all.iter().position(ip::Operand::is_malformed)),
            Operands::Arns(all) => (OperandFamily::Arn, all.iter().position(|arn| arn.is_malformed(saving))),
            Operands::Texts(_) | Operands::Bools(_) | Operands::Presence(_) => return None,
        };
        at.and_then(|at| Some((family, at, &**self.texts.get(at)?)))
    }

    /// Whether the condition holds. `effect` is that of its statement.
    pub fn holds(&self, context: &RequestContext<'_>, effect: Effect) -> bool {
        let found = context.get(&self.key);
        if let Operands::Presence(operands) = &self.operands {
            // AWS: a key without any value is none; an empty text is a value (measured).
            let present = found.is_some_and(|value| value.texts().next().is_some());
            return operands.iter().any(|operand| operand.holds(present));
        }
        let holds = |value: &str| self.holds_for(value, context, effect);
        match (self.operator.set, found) {
            (Some(SetQualifier::ForAllValues), None) => true,
            (None, None) => self.operator.negated || self.operator.if_exists,
            (Some(SetQualifier::ForAllValues), Some(values)) => values.texts().all(holds),
            (Some(SetQualifier::ForAnyValue), Some(values)) => values.texts().any(holds),
            (None, Some(ContextValue::One(value))) => holds(value),
            // AWS: a plain operator never matches a multi-valued key, however few values it has (measured), and no
            // `ForAnyValue` an absent one, negated or not.
            (None, Some(ContextValue::Many(_))) | (Some(SetQualifier::ForAnyValue), None) => false,
        }
    }

    fn holds_for(&self, value: &str, context: &RequestContext<'_>, effect: Effect) -> bool {
        match self.compare(value, context) {
            Outcome::Match => !self.operator.negated,
            Outcome::NoMatch => self.operator.negated,
            Outcome::Unfit => false,
            Outcome::ByEffect => effect == Effect::Deny,
        }
    }

    fn compare(&self, value: &str, context: &RequestContext<'_>) -> Outcome {
        match &self.operands {
            Operands::Texts(operands) => string::compare(operands, value, context),
            Operands::Numbers(order, operands) => numeric::compare(*order, operands, value, context),
            Operands::Dates(order, operands) => date::compare(*order, operands, value),
            Operands::Bools(operands) => boolean::compare(operands, value, context),
            Operands::Binaries(operands) => binary::compare(operands, value),
            Operands::Networks(operands) => ip::compare(operands, value, context),
            Operands::Arns(operands) => arn::compare(operands, value, context),
            Operands::Presence(_) => Outcome::NoMatch,
        }
    }
}

/// Whether operators of a family can read this as a value of a request.
pub fn can_be_read(family: OperandFamily, value: &str) -> bool {
    match family {
        OperandFamily::Number => numeric::Decimal::parse(value).is_some(),
        OperandFamily::Date => date::parse(value).is_some(),
        OperandFamily::Ip => ip::is_address(value),
        OperandFamily::Binary => binary::parse(value).is_some(),
        OperandFamily::Arn => true,
    }
}

/// Every base operator: its name, what it compares, whether it negates.
const BASES: [(&str, Comparison, bool); 27] = [
    ("StringEquals", Comparison::StringEquals, false),
    ("StringNotEquals", Comparison::StringEquals, true),
    ("StringEqualsIgnoreCase", Comparison::StringEqualsIgnoreCase, false),
    ("StringNotEqualsIgnoreCase", Comparison::StringEqualsIgnoreCase, true),
    ("StringLike", Comparison::StringLike, false),
    ("StringNotLike", Comparison::StringLike, true),
    ("NumericEquals", Comparison::Numeric(Order::Equal), false),
    ("NumericNotEquals", Comparison::Numeric(Order::Equal), true),
    ("NumericLessThan", Comparison::Numeric(Order::Less), false),
    ("NumericLessThanEquals", Comparison::Numeric(Order::LessOrEqual), false),
    ("NumericGreaterThan", Comparison::Numeric(Order::Greater), false),
    ("NumericGreaterThanEquals", Comparison::Numeric(Order::GreaterOrEqual), false),
    ("DateEquals", Comparison::Date(Order::Equal), false),
    ("DateNotEquals", Comparison::Date(Order::Equal), true),
    ("DateLessThan", Comparison::Date(Order::Less), false),
    ("DateLessThanEquals", Comparison::Date(Order::LessOrEqual), false),
    ("DateGreaterThan", Comparison::Date(Order::Greater), false),
    ("DateGreaterThanEquals", Comparison::Date(Order::GreaterOrEqual), false),
    ("Bool", Comparison::Bool, false),
    ("BinaryEquals", Comparison::Binary, false),
    ("IpAddress", Comparison::IpAddress, false),
    ("NotIpAddress", Comparison::IpAddress, true),
    ("ArnEquals", Comparison::Arn, false),
    ("ArnLike", Comparison::Arn, false),
    ("ArnNotEquals", Comparison::Arn, true),
    ("ArnNotLike", Comparison::Arn, true),
    ("Null", Comparison::Null, false),
];
