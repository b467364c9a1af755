//! Business domains.

/// What belongs together, scales and is deployed together, and is closed to the other domains but for what it serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    /// Its name, with which the names of its components begin.
    pub name: String,
    /// Its path in the blueprint.
    pub path: String,
    /// Who owns its files, as a code host names teams, people and mailboxes.
    pub owner: Option<String>,
    /// Which block of addresses its containers have, where the author said it: from 1.
    pub slot: Option<u32>,
}

/// Where a component stands, and what it is called there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// Its domain; none for what is shared.
    pub domain: Option<super::Id<Domain>>,
    /// Its name there. The same as its name in the system for what is shared.
    pub name: String,
}
