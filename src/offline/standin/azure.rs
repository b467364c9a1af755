//! Texts of Azure.

use super::{Maker, Place};

impl Maker<'_> {
    pub(super) fn azure_text(&self, place: &Place) -> Option<String> {
        matches!(place.name(), "availability_zone" | "zone").then(|| "1".to_owned())
    }

    /// The documented form of the id, with the parent's id and the resource's own name in it.
    pub(super) fn azure_id(&self) -> String {
        let unknown = format!(
            "/subscriptions/x/resourceGroups/x/providers/Microsoft.Offline/{}/x",
            self.scene.word()
        );
        let form = self.scene.schema.id.as_deref().unwrap_or(&unknown);
        let form = segments(form);
        let parent = self.parent(&form);
        let mut id: Vec<String> = parent.iter().copied().map(str::to_owned).collect();
        id.extend(form.iter().skip(parent.len()).copied().map(str::to_owned));
        // Names and values take turns; what the parent says is settled.
        let first = parent.len() + 1 - parent.len() % 2;
        for at in (first..id.len()).step_by(2) {
            let kind = id.get(at - 1).map(|kind| kind.to_lowercase()).unwrap_or_default();
            let is_last = at + 1 == id.len();
            let value = match kind.as_str() {
                "subscriptions" => Some(self.scene.settings.subscription().to_owned()),
                "resourcegroups" => Some(self.given("resource_group_name").unwrap_or(&self.name).to_owned()),
                "providers" => None,
                _ if is_last => Some(self.name.clone()),
                kind => self.owner(kind),
            };
            if let (Some(segment), Some(value)) = (id.get_mut(at), value) {
                *segment = value;
            }
        }
        format!("/{}", id.join("/"))
    }

    /// The longest id among the arguments that the form goes on from.
    fn parent(&self, form: &[&str]) -> Vec<&str> {
        let fields = self.known.fields().into_iter().flatten();
        let texts = fields.filter_map(|(_, value)| value.as_text());
        let ids = texts.filter(|text| text.starts_with("/subscriptions/")).map(segments);
        let even = |id: &[&str]| id.iter().step_by(2).map(|word| word.to_lowercase()).collect::<Vec<_>>();
        let fits =
            |id: &Vec<&str>| id.len() < form.len() && form.get(..id.len()).is_some_and(|form| even(form) == even(id));
        ids.filter(fits).max_by_key(Vec::len).unwrap_or_default()
    }

    /// The name of the resource of a kind (`servers`) that an argument (`server_name`) gives.
    fn owner(&self, kind: &str) -> Option<String> {
        let mut fields = self.known.fields()?.iter();
        fields.find_map(|(name, value)| {
            let word = name.strip_suffix("_name")?.replace('_', "");
            kind.contains(&word).then(|| value.as_text().map(str::to_owned))?
        })
    }
}

fn segments(id: &str) -> Vec<&str> {
    id.trim_matches('/').split('/').collect()
}
