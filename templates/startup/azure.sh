# identity_token RESOURCE: prints a token of the service's own identity; the machine has another one too.
client=$(sed -n 's/^AZURE_CLIENT_ID=//p' "$target.new")
identity_token() {
  curl --silent --show-error --fail --retry 10 --retry-all-errors --header Metadata:true --get \
    --data api-version=2018-02-01 --data "client_id=$client" --data-urlencode "resource=$1" \
    http://169.254.169.254/metadata/identity/oauth2/token | jq --exit-status --raw-output .access_token
}

# fetch_secret IDENTIFIER: prints the value of a vault entry; 44 for one that nobody has filled.
fetch_secret() {
  local token status
  token=$(identity_token https://vault.azure.net) || return 1
  # The token goes through a file descriptor: command lines can be read by everyone on the machine.
  status=$(curl --silent --show-error --retry 5 --header @<(printf 'Authorization: Bearer %s' "$token") \
    --output "$target.answer" --write-out '%{http_code}' "$1?api-version=7.4") || return 1
  case $status in
    200) ;;
    404) return 44 ;;
    *) echo "the vault answered $status for $1" >&2 && return 1 ;;
  esac
  jq --exit-status '.contentType != "unfilled"' "$target.answer" >/dev/null || return 44
  jq --exit-status --join-output .value "$target.answer" || return 1
  rm -f "$target.answer"
}
