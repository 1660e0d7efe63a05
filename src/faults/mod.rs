//! What shall go wrong on purpose, so that a test sees how its subject takes it: rules, the first that matches wins.
//!
//! While there is no rule a call pays one atomic load. Chance is repeatable: each rule has a number from which its own
//! begins. `docs/fixture.md` has the API.

mod rule;

pub use rule::{Body, Connection, Credentials, Effect, Injected, Latency, Match, Mutation, Provider, Rule, SURFACES};

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::ids::AccountId;
use crate::shape::glob;

/// Rules that there may be.
const MOST_RULES: usize = 100;

/// The rules that hold now.
#[derive(Debug, Default)]
pub struct Faults {
    armed: AtomicBool,
    rules: Mutex<Vec<Armed>>,
}

#[derive(Debug)]
struct Armed {
    rule: Rule,
    left: Option<u64>,
    struck: u64,
    chance: u64,
}

/// A rule, and what it has done.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The rule.
    pub rule: Rule,
    /// How often it may still strike, if that is bounded.
    pub left: Option<u64>,
    /// How often it has struck.
    pub struck: u64,
}

/// A call, as far as rules ask about it. What is not known matches no pattern.
#[derive(Clone, Debug, Default)]
pub struct Asked<'a> {
    /// Where.
    pub surface: &'a str,
    /// For what.
    pub action: &'a str,
    /// The role that is to be assumed.
    pub role_arn: Option<&'a str>,
    /// The caller's ARN.
    pub caller: Option<&'a str>,
    /// The account, of the caller or else of the role.
    pub account: Option<AccountId>,
    /// The caller's key.
    pub access_key_id: Option<&'a str>,
    /// Whether its answer can be altered.
    pub alterable: bool,
}

/// What goes wrong with one call.
#[derive(Clone, Debug, Default)]
pub struct Strike {
    /// The rule.
    pub rule: String,
    /// What it does.
    pub effect: Effect,
    /// How long the answer waits, in milliseconds.
    pub delay_millis: u64,
}

/// Why a rule was not taken.
#[derive(Clone, Debug, PartialEq, Eq, derive_more::Display)]
pub enum NotTaken {
    /// There is one of this id.
    #[display("there is a rule {_0} already")]
    Known(String),
    /// There are as many as there may be.
    #[display("there are at most {MOST_RULES} rules")]
    TooMany,
}

impl Faults {
    /// Whether there is any rule.
    pub fn are_armed(&self) -> bool {
        self.armed.load(Ordering::Relaxed)
    }

    /// Adds rules behind those that there are, or in their place: all of them, or none.
    pub fn add(&self, rules: Vec<Rule>, replacing: bool) -> Result<(), NotTaken> {
        let mut standing = self.rules();
        // One that is used up makes room for its like.
        let stays = |armed: &Armed| {
            let is_over = armed.left == Some(0) && rules.iter().any(|rule| rule.id == armed.rule.id);
            !replacing && !is_over
        };
        let mut ids: Vec<String> =
            standing.iter().filter(|armed| stays(armed)).map(|armed| armed.rule.id.clone()).collect();
        if ids.len() + rules.len() > MOST_RULES {
            return Err(NotTaken::TooMany);
        }
        let kept = ids.clone();
        let mut added = Vec::new();
        for mut rule in rules {
            if rule.id.is_empty() {
                let free = |number: &usize| !ids.contains(&format!("rule-{number}"));
                let number = (1..=2 * MOST_RULES).find(free).unwrap_or_default();
                rule.id = format!("rule-{number}");
            }
            if ids.contains(&rule.id) {
                return Err(NotTaken::Known(rule.id));
            }
            ids.push(rule.id.clone());
            added.push(Armed { left: rule.times, struck: 0, chance: rule.seed, rule });
        }
        standing.retain(|armed| kept.contains(&armed.rule.id));
        standing.extend(added);
        self.armed.store(!standing.is_empty(), Ordering::Relaxed);
        Ok(())
    }

    /// Removes the rule of this id, or all; says how many there were.
    pub fn remove(&self, id: Option<&str>) -> usize {
        let mut standing = self.rules();
        let before = standing.len();
        standing.retain(|armed| id.is_some_and(|id| armed.rule.id != id));
        self.armed.store(!standing.is_empty(), Ordering::Relaxed);
        before - standing.len()
    }

    /// All rules, in their order.
    pub fn standing(&self) -> Vec<Standing> {
        let shown = |armed: &Armed| Standing { rule: armed.rule.clone(), left: armed.left, struck: armed.struck };
        self.rules().iter().map(shown).collect()
    }

    /// What goes wrong with this call, if anything: the first rule counts that matches, is not used up and is not let
    /// off by chance.
    pub fn strike(&self, asked: &Asked<'_>) -> Option<Strike> {
        if !self.are_armed() {
            return None;
        }
        self.rules().iter_mut().find_map(|armed| armed.strike(asked))
    }

    /// Takes a strike back: the call will come again.
    pub fn take_back(&self, strike: &Strike) {
        for armed in self.rules().iter_mut().filter(|armed| armed.rule.id == strike.rule) {
            armed.left = armed.left.map(|left| left + 1);
            armed.struck = armed.struck.saturating_sub(1);
        }
    }

    fn rules(&self) -> MutexGuard<'_, Vec<Armed>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Strike {
    /// The same with the account in the text of its refusal.
    pub fn naming(mut self, account: Option<AccountId>) -> Self {
        if let (Some(account), Some(message)) = (account, self.effect.error.as_mut().and_then(|it| it.message.as_mut()))
        {
            *message = message.replace("{account}", &account.to_string());
        }
        self
    }
}

impl Armed {
    fn strike(&mut self, asked: &Asked<'_>) -> Option<Strike> {
        let does_nothing = !asked.alterable && self.rule.effect.only_alters();
        if self.left == Some(0) || does_nothing || !self.rule.matches.is_met(asked) {
            return None;
        }
        if self.rule.probability.is_some_and(|probability| unit(draw(&mut self.chance)) >= probability) {
            return None;
        }
        self.left = self.left.map(|left| left - 1);
        self.struck += 1;
        let delay_millis = self.rule.effect.latency.map_or(0, |latency| latency.drawn(draw(&mut self.chance)));
        Some(Strike { rule: self.rule.id.clone(), effect: self.rule.effect.clone(), delay_millis })
    }
}

impl Match {
    fn is_met(&self, asked: &Asked<'_>) -> bool {
        let account = asked.account.map(|account| account.to_string());
        let fields = [
            (&self.surface, Some(asked.surface)),
            (&self.role_arn, asked.role_arn),
            (&self.caller, asked.caller),
            (&self.account_id, account.as_deref()),
            (&self.access_key_id, asked.access_key_id),
        ];
        let is_met = |(pattern, found): (&Option<String>, Option<&str>)| match (pattern, found) {
            (None, _) => true,
            (Some(pattern), Some(found)) => glob::matches(pattern, found),
            (Some(_), None) => false,
        };
        let (surface, action) = self.said_of_action();
        let is_asked = glob::matches(surface, asked.surface) && glob::matches(action, asked.action);
        is_asked && fields.into_iter().all(is_met)
    }
}

/// The next number of a rule's own chance: `SplitMix64`, which is good enough for dice.
fn draw(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// A number from 0 up to 1.
fn unit(drawn: u64) -> f64 {
    (drawn >> 11) as f64 / (1_u64 << 53) as f64
}
