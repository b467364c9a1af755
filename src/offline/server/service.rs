//! The methods of the protocol: messages in, messages out. What they mean is decided elsewhere.

use super::offer::Offer;
use super::schemas;
use crate::offline::apply;
use crate::offline::check;
use crate::offline::data;
use crate::offline::plan::{self, Change};
use crate::offline::protocol::provider_server::Provider as Methods;
use crate::offline::protocol::{self as message, DynamicValue, attribute_path};
use crate::offline::settings::Settings;
use crate::offline::standin::Scene;
use crate::offline::value::{self, Value};
use crate::terraform::provider::{BlockKind, Schema};
use std::sync::{Mutex, PoisonError};
use tonic::{Request, Response, Status};

/// What goes with a resource that was imported, until the next apply.
const IMPORTED: &[u8] = b"imported";

/// One connection, which is one configuration of a provider.
pub struct Service {
    offer: Offer,
    settings: Mutex<Settings>,
}

type Answer<T> = Result<Response<T>, Status>;

impl Service {
    /// A provider that is not configured yet.
    pub fn new(offer: Offer) -> Self {
        let settings = Mutex::default();
        Service { offer, settings }
    }

    fn settings(&self) -> Settings {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn schema(&self, kind: BlockKind, name: &str) -> Result<&'static Schema, Status> {
        let (schema, provider) = (self.offer.schema(kind, name), self.offer.provider.name());
        schema.ok_or_else(|| Status::not_found(format!("{provider} has no {} {name}", kind.keyword())))
    }

    fn validate(&self, kind: BlockKind, request: Request<message::Validate>) -> Answer<message::Validated> {
        let request = request.into_inner();
        let schema = self.schema(kind, &request.type_name)?;
        let config = read(request.config)?;
        let diagnostics = check::check(kind, &request.type_name, schema, &config);
        Ok(Response::new(message::Validated { diagnostics }))
    }

    fn scene<'a>(&'a self, type_name: &'a str, schema: &'static Schema, settings: &'a Settings) -> Scene<'a> {
        Scene {
            type_name,
            schema,
            settings,
            root: &self.offer.root,
        }
    }

    /// What a data source or ephemeral resource gives.
    fn find(&self, kind: BlockKind, type_name: &str, config: Option<DynamicValue>) -> Result<data::Found, Status> {
        let schema = self.schema(kind, type_name)?;
        let settings = self.settings();
        Ok(data::read(&self.scene(type_name, schema, &settings), read(config)?))
    }
}

/// The value of a request.
fn read(value: Option<DynamicValue>) -> Result<Value, Status> {
    let damaged = |error: &dyn std::fmt::Display| Status::invalid_argument(error.to_string());
    match value {
        None => Ok(Value::Null),
        Some(value) if value.msgpack.is_empty() => {
            let json: serde_json::Value = serde_json::from_slice(&value.json).map_err(|error| damaged(&error))?;
            Ok(Value::from(&json))
        }
        Some(value) => value::decode(&value.msgpack).map_err(|error| damaged(&error)),
    }
}

fn write(value: &Value) -> Option<DynamicValue> {
    Some(DynamicValue {
        msgpack: value::encode(value),
        json: vec![],
    })
}

/// An answer that says nothing.
fn nothing<T: Default>() -> Answer<T> {
    Ok(Response::new(T::default()))
}

fn capabilities() -> message::Capabilities {
    message::Capabilities {
        get_provider_schema_optional: true,
        ..message::Capabilities::default()
    }
}

fn path_to(argument: String) -> message::AttributePath {
    let selector = Some(attribute_path::step::Selector::AttributeName(argument));
    message::AttributePath {
        steps: vec![attribute_path::Step { selector }],
    }
}

#[tonic::async_trait]
impl Methods for Service {
    async fn get_metadata(&self, _: Request<message::Nothing>) -> Answer<message::Metadata> {
        let names = |kind| {
            let name = |(name, _): (&str, _)| message::metadata::TypeName {
                type_name: name.to_owned(),
            };
            self.offer.types(kind).map(name).collect()
        };
        Ok(Response::new(message::Metadata {
            server_capabilities: Some(capabilities()),
            diagnostics: vec![],
            data_sources: names(BlockKind::Data),
            resources: names(BlockKind::Resource),
            ephemeral_resources: names(BlockKind::Ephemeral),
        }))
    }

    async fn get_provider_schema(&self, _: Request<message::Nothing>) -> Answer<message::Schemas> {
        let types = |kind| {
            let types = self.offer.types(kind);
            types
                .map(|(name, schema)| (name.to_owned(), schemas::message(schema)))
                .collect()
        };
        let provider = self.offer.provider;
        let own = self.schema(BlockKind::Provider, provider.name())?;
        Ok(Response::new(message::Schemas {
            provider: Some(schemas::message(own)),
            resource_schemas: types(BlockKind::Resource),
            data_source_schemas: types(BlockKind::Data),
            diagnostics: vec![],
            provider_meta: schemas::of_modules(provider.name()),
            server_capabilities: Some(capabilities()),
            ephemeral_resource_schemas: types(BlockKind::Ephemeral),
        }))
    }

    async fn get_resource_identity_schemas(&self, _: Request<message::Nothing>) -> Answer<message::IdentitySchemas> {
        nothing()
    }

    async fn get_functions(&self, _: Request<message::Nothing>) -> Answer<message::Functions> {
        nothing()
    }

    async fn validate_provider_config(
        &self,
        _: Request<message::ValidateProvider>,
    ) -> Answer<message::ValidatedProvider> {
        nothing()
    }

    async fn validate_resource_config(&self, request: Request<message::Validate>) -> Answer<message::Validated> {
        self.validate(BlockKind::Resource, request)
    }

    async fn validate_data_resource_config(&self, request: Request<message::Validate>) -> Answer<message::Validated> {
        self.validate(BlockKind::Data, request)
    }

    async fn validate_ephemeral_resource_config(
        &self,
        request: Request<message::Validate>,
    ) -> Answer<message::Validated> {
        self.validate(BlockKind::Ephemeral, request)
    }

    async fn configure_provider(&self, request: Request<message::Configure>) -> Answer<message::Configured> {
        let settings = Settings::read(&read(request.into_inner().config)?);
        *self.settings.lock().unwrap_or_else(PoisonError::into_inner) = settings;
        nothing()
    }

    async fn upgrade_resource_state(&self, request: Request<message::Upgrade>) -> Answer<message::Upgraded> {
        let request = request.into_inner();
        let schema = self.schema(BlockKind::Resource, &request.type_name)?;
        let raw = request.raw_state.unwrap_or_default().json;
        let raw: serde_json::Value = serde_json::from_slice(&raw).unwrap_or_default();
        let state = value::from_state(schema, &raw);
        self.offer.taken.add(&request.type_name, state.field("id"));
        Ok(Response::new(message::Upgraded {
            upgraded_state: write(&state),
            diagnostics: vec![],
        }))
    }

    async fn read_resource(
        &self,
        request: Request<message::ReadResourceRequest>,
    ) -> Answer<message::ReadResourceResponse> {
        let request = request.into_inner();
        Ok(Response::new(message::ReadResourceResponse {
            new_state: request.current_state,
            diagnostics: vec![],
            private: request.private,
        }))
    }

    async fn plan_resource_change(&self, request: Request<message::Plan>) -> Answer<message::Planned> {
        let request = request.into_inner();
        let change = Change {
            type_name: &request.type_name,
            schema: self.schema(BlockKind::Resource, &request.type_name)?,
            prior: &read(request.prior_state)?,
            proposed: read(request.proposed_new_state)?,
            imported: request.prior_private == IMPORTED,
        };
        let planned = plan::plan(change, &self.settings());
        Ok(Response::new(message::Planned {
            planned_state: write(&planned.state),
            requires_replace: planned.replaced_by.into_iter().map(path_to).collect(),
            planned_private: vec![],
            diagnostics: vec![],
            legacy_type_system: planned.lenient,
        }))
    }

    async fn apply_resource_change(&self, request: Request<message::Apply>) -> Answer<message::Applied> {
        let request = request.into_inner();
        let schema = self.schema(BlockKind::Resource, &request.type_name)?;
        let settings = self.settings();
        let scene = self.scene(&request.type_name, schema, &settings);
        let (prior, planned) = (read(request.prior_state)?, read(request.planned_state)?);
        let applied = apply::apply(&scene, &prior, &planned, &self.offer.taken);
        Ok(Response::new(message::Applied {
            new_state: write(&applied.value),
            private: vec![],
            diagnostics: applied.problem.into_iter().map(check::error).collect(),
            legacy_type_system: false,
        }))
    }

    async fn import_resource_state(&self, request: Request<message::Import>) -> Answer<message::Imported> {
        let message::Import { type_name, id } = request.into_inner();
        let schema = self.schema(BlockKind::Resource, &type_name)?;
        let settings = self.settings();
        let state = apply::imported(&self.scene(&type_name, schema, &settings), &id);
        let imported = message::imported::Resource {
            state: write(&state),
            private: IMPORTED.to_vec(),
            type_name,
        };
        Ok(Response::new(message::Imported {
            imported_resources: vec![imported],
            diagnostics: vec![],
        }))
    }

    async fn read_data_source(&self, request: Request<message::ReadDataRequest>) -> Answer<message::ReadDataResponse> {
        let request = request.into_inner();
        let found = self.find(BlockKind::Data, &request.type_name, request.config)?;
        Ok(Response::new(message::ReadDataResponse {
            state: write(&found.value),
            diagnostics: found.problem.into_iter().map(check::error).collect(),
        }))
    }

    async fn open_ephemeral_resource(
        &self,
        request: Request<message::OpenEphemeral>,
    ) -> Answer<message::OpenedEphemeral> {
        let request = request.into_inner();
        let found = self.find(BlockKind::Ephemeral, &request.type_name, request.config)?;
        Ok(Response::new(message::OpenedEphemeral {
            diagnostics: found.problem.into_iter().map(check::error).collect(),
            result: write(&found.value),
            private: vec![],
        }))
    }

    async fn renew_ephemeral_resource(&self, _: Request<message::HeldEphemeral>) -> Answer<message::RenewedEphemeral> {
        nothing()
    }

    async fn close_ephemeral_resource(&self, _: Request<message::HeldEphemeral>) -> Answer<message::ClosedEphemeral> {
        nothing()
    }

    async fn stop_provider(&self, _: Request<message::Nothing>) -> Answer<message::Stopped> {
        nothing()
    }
}
