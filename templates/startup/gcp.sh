# fetch_secret NAME: the newest version of a secret of Secret Manager, as this machine's service account; 44 where it has none.
fetch_secret() {
  local account token status
  account=http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default
  token=$(curl -sSf --retry 3 --max-time 10 -H 'Metadata-Flavor: Google' "$account/token" | jq -r .access_token) || return 1
  status=$(curl -sS --retry 3 --max-time 10 -H "Authorization: Bearer $token" --output "$target.answer" \
    --write-out '%{http_code}' "https://secretmanager.googleapis.com/v1/$1/versions/latest:access") || return 1
  case $status in
    200) jq -er .payload.data "$target.answer" | base64 -d || return 1 ;;
    404) return 44 ;;
    *) echo "Secret Manager answered $status for $1" >&2 && return 1 ;;
  esac
  rm -f "$target.answer"
}
