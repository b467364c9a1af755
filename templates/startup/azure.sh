# The machine has two identities; the service's own is the one that may read.
client=$(sed -n 's/^AZURE_CLIENT_ID=//p' "$target.new")
query="api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net&client_id=$client"
token=$(curl --silent --show-error --fail --retry 10 --retry-all-errors --header Metadata:true \
  "http://169.254.169.254/metadata/identity/oauth2/token?$query" | jq --exit-status --raw-output .access_token)

# fetch_secret IDENTIFIER: prints the value of a vault entry; fails for one that nobody has filled.
fetch_secret() {
  # The token goes through a file descriptor: command lines can be read by everyone on the machine.
  curl --silent --show-error --fail --retry 5 --header @<(printf 'Authorization: Bearer %s' "$token") "$1?api-version=7.4" |
    jq --exit-status --join-output 'select(.contentType != "unfilled") | .value'
}
