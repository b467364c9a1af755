# The servers' certificates are signed by authorities of DigiCert and Microsoft, which the system has. The proxy reads them as a user of
# its own.
install -d -m 0755 @FOLDER@/trust
cat /etc/ssl/certs/DigiCert_*.pem /etc/ssl/certs/Microsoft_*.pem >@FOLDER@/trust/azure.pem
chmod 0644 @FOLDER@/trust/azure.pem
