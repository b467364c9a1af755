//! Texts of Google Cloud.

use super::{Maker, Place};

impl Maker<'_> {
    pub(super) fn google_text(&self, place: &Place) -> Option<String> {
        Some(match place.name() {
            "self_link" | "instance_group" | "network" | "subnetwork" => {
                format!("https://www.googleapis.com/compute/v1/{}", self.google_id())
            }
            "email" => self.service_account(),
            "member" => format!("serviceAccount:{}", self.service_account()),
            "availability_zone" | "zone" => format!("{}-b", self.scene.region()),
            "name_servers" => format!("ns-{}.example.net.", self.hex(place, 3)),
            _ => return None,
        })
    }

    fn service_account(&self) -> String {
        let project = self.scene.settings.project();
        let name = self.given("account_id").unwrap_or(&self.name);
        format!("{name}@{project}.iam.gserviceaccount.com")
    }

    /// The documented form of the id, with what is configured in it.
    pub(super) fn google_id(&self) -> String {
        let project = self.given("project").unwrap_or_else(|| self.scene.settings.project());
        let place = |key: &'static str| self.given(key).map(|value| (key, last(value)));
        let Some(form) = self.scene.schema.id.as_deref() else {
            let place = place("zone").or_else(|| place("region")).or_else(|| place("location"));
            let place = place.map_or_else(String::new, |(kind, value)| format!("/{kind}s/{value}"));
            return format!("projects/{project}{place}/{}/{}", self.scene.word(), last(&self.name));
        };
        let mut id = String::new();
        let mut rest = form;
        while let Some((before, key, after)) = placeholder(rest) {
            id.push_str(before);
            let value = match key {
                "project" => Some(project),
                "zone" | "region" | "location" => {
                    let any = [key, "zone", "region", "location"]
                        .iter()
                        .find_map(|key| self.given(key));
                    Some(any.unwrap_or_else(|| self.scene.region()))
                }
                key => self.given(key),
            };
            match value {
                // At the very start it is the id of another resource.
                Some(value) if id.is_empty() => id.push_str(value),
                Some(value) => id.push_str(last(value)),
                None => id.push_str(last(&self.name)),
            }
            rest = after;
        }
        id.push_str(rest);
        id
    }
}

/// What comes before the first `{{key}}` of a form, the key, and what comes after.
fn placeholder(form: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = form.split_once("{{")?;
    let (key, after) = rest.split_once("}}")?;
    Some((before, key.trim_start_matches('%'), after))
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
