//! Places, and the region that each cloud has there.
//!
//! Region names as in the clouds' public region lists, read in November 2026.

/// One place.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// The word for it in a blueprint.
    pub name: &'static str,
    /// AWS region.
    pub aws: Option<&'static str>,
    /// Azure region.
    pub azure: Option<&'static str>,
    /// Google Cloud region.
    pub gcp: Option<&'static str>,
}

const fn place(name: &'static str, aws: &'static str, azure: &'static str, gcp: &'static str) -> Place {
    const fn some(region: &'static str) -> Option<&'static str> {
        if region.is_empty() { None } else { Some(region) }
    }
    Place {
        name,
        aws: some(aws),
        azure: some(azure),
        gcp: some(gcp),
    }
}

/// Every place, by name. Only regions with three zones are listed.
pub const PLACES: [Place; 27] = [
    place("california", "", "westus2", "us-west2"),
    place("dublin", "eu-west-1", "northeurope", ""),
    place("frankfurt", "eu-central-1", "germanywestcentral", "europe-west3"),
    place("hong-kong", "ap-east-1", "eastasia", "asia-east2"),
    place("hyderabad", "ap-south-2", "", ""),
    place("jakarta", "ap-southeast-3", "indonesiacentral", "asia-southeast2"),
    place("johannesburg", "", "southafricanorth", "africa-south1"),
    place("london", "eu-west-2", "uksouth", "europe-west2"),
    place("madrid", "eu-south-2", "spaincentral", "europe-southwest1"),
    place("melbourne", "ap-southeast-4", "", "australia-southeast2"),
    place("milan", "eu-south-1", "italynorth", "europe-west8"),
    place("montreal", "ca-central-1", "", "northamerica-northeast1"),
    place("mumbai", "ap-south-1", "", "asia-south1"),
    place("netherlands", "", "westeurope", "europe-west4"),
    place("ohio", "us-east-2", "", "us-east5"),
    place("oregon", "us-west-2", "", "us-west1"),
    place("osaka", "ap-northeast-3", "", "asia-northeast2"),
    place("paris", "eu-west-3", "francecentral", "europe-west9"),
    place("sao-paulo", "sa-east-1", "brazilsouth", "southamerica-east1"),
    place("seoul", "ap-northeast-2", "koreacentral", "asia-northeast3"),
    place("singapore", "ap-southeast-1", "southeastasia", "asia-southeast1"),
    place("stockholm", "eu-north-1", "swedencentral", ""),
    place("sydney", "ap-southeast-2", "australiaeast", "australia-southeast1"),
    place("tokyo", "ap-northeast-1", "japaneast", "asia-northeast1"),
    place("toronto", "", "canadacentral", "northamerica-northeast2"),
    place("virginia", "us-east-1", "eastus2", "us-east4"),
    place("zurich", "eu-central-2", "switzerlandnorth", "europe-west6"),
];

/// The place of a name.
pub fn find(name: &str) -> Option<&'static Place> {
    PLACES.iter().find(|place| place.name == name)
}
