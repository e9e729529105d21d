#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes the certificate that tests' servers show: for localhost alone, signed by an authority that nobody else trusts.
set -eu
cd "$(dirname "$0")"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 36500 -keyout authority.key -out authority.pem \
    -subj "/CN=Stillwatch test authority" -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=critical,keyCertSign"
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout localhost.key -out localhost.csr -subj "/CN=localhost"
printf 'subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n' > extensions
openssl x509 -req -in localhost.csr -CA authority.pem -CAkey authority.key -CAcreateserial -days 36500 -out localhost.pem \
    -extfile extensions
rm -f authority.key authority.srl localhost.csr extensions
