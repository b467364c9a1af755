# The registry takes a token of the service's identity for a password of its own.
DOCKER_CONFIG=$(mktemp -d)
export DOCKER_CONFIG
identity_token https://management.azure.com/ |
  curl --silent --show-error --fail --retry 5 --data grant_type=access_token --data service=@HOST@ \
    --data-urlencode access_token@- https://@HOST@/oauth2/exchange |
  jq --exit-status --raw-output .refresh_token |
  docker login --username 00000000-0000-0000-0000-000000000000 --password-stdin @HOST@
docker pull --quiet @IMAGE@
rm -rf "$DOCKER_CONFIG"
