//! Which assertions of SAML were used: where the standard is held, each opens one session.
//!
//! <https://docs.oasis-open.org/security/saml/v2.0/saml-profiles-2.0-os.pdf> 4.1.4.5

use super::{Identities, IdentityError, Result, SamlProvider};
use crate::federation::saml::{OneTimeUse, Rejection, Rules, VerifiedAssertion};
use crate::store::records::UsedAssertion;
use crate::store::{Batch, StoreFault, tables};
use crate::time::{Moment, Timestamp};

/// B-349: so many are remembered. Each is forgotten when it is too old to be used, which takes ten minutes at most.
const MOST_REMEMBERED: usize = 250_000;

impl Identities {
    /// Proves a Response for `provider` and, where the standard is held, that nobody has used it.
    pub fn prove_assertion(
        &self,
        provider: &SamlProvider,
        response: &str,
        rules: Rules,
        now: Timestamp,
    ) -> Result<VerifiedAssertion, Rejection> {
        let assertion = provider.proof().verify(response, rules, now)?;
        let used = rules.by_the_standard && self.is_used_assertion(&assertion.one_time_use());
        if used { Err(Rejection::Used) } else { Ok(assertion) }
    }

    /// Uses an assertion up, unless somebody was faster.
    pub fn use_assertion(&mut self, batch: &mut Batch, assertion: &OneTimeUse) -> Result<()> {
        if self.is_used_assertion(assertion) {
            return Err(IdentityError::AssertionUsed);
        }
        // ATTACK: what is valid fills no memory, and nothing that can still be used is forgotten for it.
        if self.used_assertions.size() >= MOST_REMEMBERED {
            return Err(IdentityError::TooManyAssertions);
        }
        let until = assertion.until();
        tables::USED_ASSERTIONS.insert(batch, &assertion.name(), &UsedAssertion { until })?;
        self.used_assertions.insert_mut(assertion.name(), until);
        Ok(())
    }

    /// Forgets assertions that are too old to be used; says how many.
    pub fn sweep_assertions(&mut self, batch: &mut Batch, moment: Moment) -> Result<usize, StoreFault> {
        // ATTACK: by neither clock can it be used now; one that is turned back behind this revives it (B-349).
        let now = moment.now.min(moment.machine);
        let over = self.used_assertions.iter().filter(|(_, until)| **until < now);
        let over: Vec<[u8; 32]> = over.map(|(name, _)| *name).collect();
        for name in &over {
            tables::USED_ASSERTIONS.remove(batch, name);
            self.used_assertions.remove_mut(name);
        }
        Ok(over.len())
    }

    /// How many assertions are remembered.
    pub fn used_assertions(&self) -> usize {
        self.used_assertions.size()
    }

    fn is_used_assertion(&self, assertion: &OneTimeUse) -> bool {
        self.used_assertions.contains_key(&assertion.name())
    }
}
