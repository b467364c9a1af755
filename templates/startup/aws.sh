metadata=http://169.254.169.254/latest
read_metadata() { curl -fsS --retry 5 --retry-connrefused -H "X-aws-ec2-metadata-token: $token" "$metadata/meta-data/$1"; }
token=$(curl -fsS --retry 5 --retry-connrefused -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$metadata/api/token")
role=$(read_metadata iam/security-credentials/)
identity=$(read_metadata "iam/security-credentials/$role")

# call REGION SERVICE HOST TARGET BODY OPTION...: a request signed by this machine's identity.
# The credentials go through standard input: a command line is visible to every process.
call() {
  jq -r '"user = \"\(.AccessKeyId):\(.SecretAccessKey)\"", "header = \"X-Amz-Security-Token: \(.Token)\""' <<<"$identity" |
    curl -sS --retry 5 --retry-connrefused --config - --aws-sigv4 "aws:amz:$1:$2" \
      -H 'Content-Type: application/x-amz-json-1.1' -H "X-Amz-Target: $4" --data "$5" "${@:6}" "https://$3/"
}

# fetch_secret ARN: prints the value of a secret; 44 where it has none yet.
fetch_secret() {
  local status
  status=$(call @region@ secretsmanager secretsmanager.@region@.amazonaws.com secretsmanager.GetSecretValue \
    "{\"SecretId\":\"$1\"}" --output "$target.answer" --write-out '%{http_code}') || return 1
  if [ "$status" != 200 ]; then
    grep -q ResourceNotFoundException "$target.answer" && return 44
    echo "Secrets Manager answered $status for $1" >&2
    return 1
  fi
  jq -er .SecretString "$target.answer" || return 1
  rm -f "$target.answer"
}
