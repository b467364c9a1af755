# The authorities that the servers' certificates are signed by. The container's user may read them.
install -d -m 0755 @FOLDER@/trust
curl -sSf --retry 3 --max-time 10 -H 'Metadata-Flavor: Google' \
  http://metadata.google.internal/computeMetadata/v1/instance/attributes/authorities \
  | install -m 0644 /dev/stdin @FOLDER@/trust/authorities.pem
