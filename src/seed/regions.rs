//! What an account of a seed has set about regions: which it has, where STS is off, which tokens it prefers.
//!
//! What is not written is on: whoever tests in a region has enabled it.
//! <https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html>

use super::document::{Located, OptInRegions, RegionSettings};
use super::fault::{Place, Seen, quoted};
use super::nearest::meant_or;
use super::reader::{Map, Reader};
use super::tree::{Entry, Kind, Node};
use crate::ids::Region;
use crate::ids::region::{self, GLOBAL, REGIONS, RegionOptStatus, TokenVersion};
use crate::store::records;

/// The name that stands for every opt-in region that is not named.
const OTHERS: &str = "*";
/// AWS: the words of `GetRegionOptStatus`.
const STATUSES: [(&str, RegionOptStatus); 4] = [
    ("ENABLED", RegionOptStatus::Enabled),
    ("ENABLING", RegionOptStatus::Enabling),
    ("DISABLING", RegionOptStatus::Disabling),
    ("DISABLED", RegionOptStatus::Disabled),
];
/// AWS: the words of `SetSecurityTokenServicePreferences`.
const VERSIONS: [(&str, TokenVersion); 2] = [("v1Token", TokenVersion::V1), ("v2Token", TokenVersion::V2)];

/// The word for a status.
pub(super) fn word(status: RegionOptStatus) -> &'static str {
    STATUSES.iter().find(|(_, known)| *known == status).map_or("", |(word, _)| word)
}

/// The word for a version of tokens.
pub(super) fn version_word(version: TokenVersion) -> &'static str {
    VERSIONS.iter().find(|(_, known)| *known == version).map_or("", |(word, _)| word)
}

impl Reader<'_> {
    /// What an account has set about regions.
    pub(super) fn region_settings(&mut self, map: &Map) -> RegionSettings {
        let version = map.get("globalEndpointTokenVersion");
        RegionSettings {
            opt_in: map.written("optInRegions").map(|node| self.opt_in_regions(node)),
            sts_deactivated: map.get("stsDeactivatedRegions").map(|_| self.sts_deactivated(map)),
            token_version: version.and_then(|node| self.word(node, "version of global endpoint tokens", &VERSIONS)),
        }
    }

    fn opt_in_regions(&mut self, node: &Node) -> OptInRegions {
        let mut found = OptInRegions { others: RegionOptStatus::default(), named: Vec::new() };
        let Kind::Map(entries) = &node.kind else {
            let problem = format!("`optInRegions` must be a map, not {}", node.noun());
            self.faults.push(&node.at, problem, "write it as { af-south-1: ENABLED, \"*\": DISABLED }");
            return found;
        };
        for Entry { key, at, value } in entries {
            let status = self.word(value, "status of a region", &STATUSES);
            if key == OTHERS {
                found.others = status.unwrap_or_default();
                continue;
            }
            let Some(region) = self.region(key, at) else { continue };
            if !region.opt_in {
                let problem = format!("every account has the region {}", quoted(key));
                self.faults.push(at, problem, "take it out, or list it under `stsDeactivatedRegions`");
            }
            let region = Located { value: region, at: at.clone() };
            found.named.extend(status.map(|status| (region, status)));
        }
        found
    }

    fn sts_deactivated(&mut self, map: &Map) -> Vec<Located<&'static Region>> {
        let mut found = Vec::new();
        for node in self.list(map, "stsDeactivatedRegions") {
            let Some(name) = self.text(node, "region") else { continue };
            let Some(region) = self.region(name, &node.at) else { continue };
            if region == GLOBAL {
                let problem = format!("STS cannot be deactivated in {name}");
                self.faults.push(&node.at, problem, "take it out: AWS keeps STS active there");
            }
            found.push(Located { value: region, at: node.at.clone() });
        }
        let mut seen = Seen::new();
        for Located { value, at } in &found {
            if seen.before(value.name, at).is_some() {
                self.faults.push(at, format!("the region {} is listed twice", quoted(value.name)), "keep one");
            }
        }
        found
    }

    fn region(&mut self, name: &str, at: &Place) -> Option<&'static Region> {
        let found = region::find(name);
        if found.is_none() {
            let known = REGIONS.iter().map(|region| region.name);
            let advice = meant_or(name, known, "write a region such as af-south-1");
            self.faults.push(at, format!("there is no region {}", quoted(name)), advice);
        }
        found
    }
}

impl RegionSettings {
    /// As it is stored, in the order of names.
    pub(super) fn to_record(&self) -> records::RegionSettings {
        let opt_in = self.opt_in.as_ref();
        let named = opt_in.into_iter().flat_map(|opt_in| &opt_in.named);
        let mut opt_in_regions: Vec<(String, RegionOptStatus)> =
            named.map(|(region, status)| (region.value.name.to_owned(), *status)).collect();
        opt_in_regions.sort_by(|(one, _), (other, _)| one.cmp(other));
        let mut sts_deactivated: Vec<String> =
            self.sts_deactivated.iter().flatten().map(|region| region.value.name.to_owned()).collect();
        sts_deactivated.sort();
        records::RegionSettings {
            other_opt_in_regions: opt_in.map(|opt_in| opt_in.others).unwrap_or_default(),
            opt_in_regions,
            sts_deactivated,
            global_endpoint_token_version: self.token_version.unwrap_or_default(),
        }
    }
}
