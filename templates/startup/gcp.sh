# fetch_secret NAME: the newest version of a secret of Secret Manager, as this machine's service account.
fetch_secret() {
  local account token
  account=http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default
  token=$(curl -sSf --retry 3 --max-time 10 -H 'Metadata-Flavor: Google' "$account/token" | jq -r .access_token) || return 1
  curl -sSf --retry 3 --max-time 10 -H "Authorization: Bearer $token" \
    "https://secretmanager.googleapis.com/v1/$1/versions/latest:access" | jq -r .payload.data | base64 -d
}
