# The authorities that sign the certificates of RDS, as AWS publishes them. Where they cannot be had, those of the last start serve on.
authorities=@folder@/trust/rds.pem
if curl -fsS --retry 5 --retry-connrefused -o "$target.authorities" \
  https://truststore.pki.rds.amazonaws.com/@region@/@region@-bundle.pem; then
  install -D -m 0644 "$target.authorities" "$authorities"
  rm -f "$target.authorities"
fi
[ -s "$authorities" ]
