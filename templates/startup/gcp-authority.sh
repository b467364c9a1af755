# The authority that signed the certificate of @NAME@. The container's user may read it.
install -d -m 0755 @FOLDER@
curl -sSf --retry 3 --max-time 10 -H 'Metadata-Flavor: Google' \
  http://metadata.google.internal/computeMetadata/v1/instance/attributes/@KEY@ \
  | install -m 0644 /dev/stdin @FOLDER@/@NAME@.pem
