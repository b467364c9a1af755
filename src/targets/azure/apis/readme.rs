//! What the README of the output says about APIs.

use crate::ir::Tls;
use crate::targets::azure::Stack;
use crate::targets::azure::project::TARGET;

pub(in crate::targets::azure) fn lower(stack: &mut Stack<'_>) {
    let system = stack.system;
    if system.apis.is_empty() {
        return;
    }
    let items = &mut stack.report.security;
    items.push("Callers of an API come to the public address of its API Management, which checks their tokens (signature, issuer, audience, time) before a route counts them, and lets nothing through that no route names. No web application firewall looks at what they send. It reaches the internal gateway from a subnet of its own, and nothing else in the network: the security group of that subnet names the rest, which are Azure's own storage and vaults, and where tokens are issued. The same API answers under the name that Azure gives it, by the same rules.".to_owned());
    if system
        .internal
        .as_ref()
        .is_some_and(|internal| internal.tls(TARGET) != Tls::Off)
    {
        items.push("API Management trusts public authorities only: the certificate of the internal gateway has to be signed by one.".to_owned());
    }
    let items = &mut stack.report.operations;
    items.push("Each API is an API Management of its own, in the tier Standard v2: the smallest that reaches into a network. It has one unit, for some thousand requests in a second; `az apim update --sku-capacity` gives it more for an afternoon, and `[override.azure.azurerm_api_management.NAME] sku_name = \"StandardV2_2\"` for good. Making one takes minutes. Its address may change, so nobody should keep it.".to_owned());
    items.push("What passes through an API is counted by route, for all callers together, in whole seconds: `burst` is what a bucket holds that fills at `per_second`, rounded up to a multiple of it. API Management does not count exactly where it has several units. A body has to say how long it is (`Content-Length`): one that does not is refused with 411, one that is too long with 413.".to_owned());
    items.push("A route of any method becomes one operation for each method that the language knows: requests of other methods get 404. Requests and what became of them are in the workspace: the category `GatewayLogs` of the resource.".to_owned());
    for (_, api) in system.apis.iter() {
        let gateway = format!("azurerm_api_management.{}", crate::terraform::identifier(&api.name));
        stack.report.skip(
            "CKV_AZURE_174",
            &gateway,
            "callers come from the internet: the API is what the system shows of itself",
        );
    }
}
