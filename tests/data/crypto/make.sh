#!/bin/bash
# Makes the certificates and keys of this folder anew with the openssl command line (made with OpenSSL 3.0.22).
# They are committed: the tests read the committed files and never run this.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
days=36500

ec() { openssl ecparam -name "$2" -genkey -noout -out "$work/$1.key"; }
# ext NAME LINE...: the extensions of a certificate
ext() { local name=$1; shift; printf '%s\n' "$@" >"$work/$name.ext"; }
# root NAME SUBJECT: self-signed with NAME.key and NAME.ext
root() {
  openssl req -utf8 -new -key "$work/$1.key" -subj "$2" -out "$work/$1.csr"
  openssl x509 -req -in "$work/$1.csr" -signkey "$work/$1.key" -days $days -extfile "$work/$1.ext" -out "$1.pem" 2>/dev/null
}
# signed NAME SUBJECT ISSUER [openssl x509 options]
signed() {
  local name=$1 subject=$2 issuer=$3; shift 3
  openssl req -utf8 -new -key "$work/$name.key" -subj "$subject" -out "$work/$name.csr"
  openssl x509 -req -in "$work/$name.csr" -CA "$issuer.pem" -CAkey "$work/$issuer.key" -days $days \
    -extfile "$work/$name.ext" -out "$name.pem" "$@" 2>/dev/null
}

ca='basicConstraints=critical,CA:TRUE'
usage='keyUsage=critical,keyCertSign,cRLSign'
ski='subjectKeyIdentifier=hash'
aki='authorityKeyIdentifier=keyid:always'
leaf=('basicConstraints=critical,CA:FALSE' 'keyUsage=critical,digitalSignature' 'extendedKeyUsage=serverAuth,clientAuth'
  "$ski" "$aki" 'subjectAltName=critical,URI:spiffe://a.test/web')

# A chain of three.
ec root prime256v1; ext root "$ca" "$usage" "$ski" 'subjectAltName=URI:spiffe://a.test'; root root '/C=US/O=Entente tests/CN=Root'
ec inter secp384r1; ext inter 'basicConstraints=critical,CA:TRUE,pathlen:0' "$usage" "$ski" "$aki"; signed inter '/CN=Intermediate' root
ec leaf prime256v1; ext leaf "${leaf[@]}"; signed leaf / inter

# What the intermediate's path length forbids.
ec sub prime256v1; ext sub "$ca" "$usage" "$ski" "$aki"; signed sub '/CN=Below the intermediate' inter
cp "$work/leaf.key" "$work/deep.key"; ext deep "${leaf[@]}"; signed deep / sub

# Intermediates that must not sign: no CA flag, and a CA without keyCertSign.
ec nonca prime256v1; ext nonca 'basicConstraints=critical,CA:FALSE' "$usage" "$ski" "$aki"; signed nonca '/CN=No CA' root
cp "$work/leaf.key" "$work/nonca_leaf.key"; ext nonca_leaf "${leaf[@]}"; signed nonca_leaf / nonca
ec nosign prime256v1; ext nosign "$ca" 'keyUsage=critical,cRLSign' "$ski" "$aki"; signed nosign '/CN=No signer' root
cp "$work/leaf.key" "$work/nosign_leaf.key"; ext nosign_leaf "${leaf[@]}"; signed nosign_leaf / nosign

# Two roots of one name, without key identifiers; a leaf of each.
for t in a b; do
  ec twin_$t prime256v1; ext twin_$t "$ca" "$usage" 'subjectKeyIdentifier=none'; root twin_$t '/CN=Twin'
  cp "$work/leaf.key" "$work/twin_${t}_leaf.key"
  ext twin_${t}_leaf 'basicConstraints=critical,CA:FALSE' 'keyUsage=critical,digitalSignature' 'subjectKeyIdentifier=none' \
    'authorityKeyIdentifier=none' 'subjectAltName=critical,URI:spiffe://a.test/web'
  signed twin_${t}_leaf / twin_$t
done

# An intermediate of that same name, two steps below twin_a, again without key identifiers.
bare=("$ca" "$usage" 'subjectKeyIdentifier=none' 'authorityKeyIdentifier=none')
ec bridge prime256v1; ext bridge "${bare[@]}"; signed bridge '/CN=Bridge' twin_a
ec twin_next prime256v1; ext twin_next "${bare[@]}"; signed twin_next '/CN=Twin' bridge
cp "$work/leaf.key" "$work/twin_next_leaf.key"; cp "$work/twin_a_leaf.ext" "$work/twin_next_leaf.ext"
signed twin_next_leaf / twin_next

# A root of version 1, with no extensions at all.
ec v1 prime256v1; openssl req -utf8 -new -key "$work/v1.key" -subj '/CN=Version 1' -out "$work/v1.csr"
openssl x509 -req -in "$work/v1.csr" -signkey "$work/v1.key" -days $days -out v1.pem 2>/dev/null
cp "$work/leaf.key" "$work/v1_leaf.key"; ext v1_leaf "${leaf[@]:0:4}" "${leaf[5]}"; signed v1_leaf / v1

# A CA that may only sign for one domain's URIs, and leaves inside and outside of it.
ec limited prime256v1; ext limited "$ca" "$usage" "$ski" 'nameConstraints=critical,permitted;URI:a.test'; root limited '/CN=Limited'
for d in a b; do
  cp "$work/leaf.key" "$work/limited_$d.key"; ext limited_$d "${leaf[@]:0:5}" "subjectAltName=critical,URI:spiffe://$d.test/web"
  signed limited_$d / limited
done

# Leaves that the root signed and that must be refused, or read with care.
cp "$work/leaf.key" "$work/sha1.key"; ext sha1 "${leaf[@]}"; signed sha1 / root -sha1
cp "$work/leaf.key" "$work/unknown_critical.key"; ext unknown_critical "${leaf[@]}" '1.3.6.1.4.1.55555.1=critical,ASN1:UTF8String:what'
signed unknown_critical / root
# URI "spiffe://a.test/web" NUL ".evil", DNS "good" NUL ".evil", DNS 0xff 0x41, an IPv4, an IPv6, an IP of three bytes.
cp "$work/leaf.key" "$work/names.key"
ext names "${leaf[@]:0:5}" 'subjectAltName=DER:30488619737069666665 3a2f2f612e746573742f776562002e6576696c 820a676f6f64002e6576696c 8202ff41 8704c0000201 871020010db8000000000000000000000001 87030a0000'
sed -i '/subjectAltName/s/ \([0-9a-f]\)/\1/g' "$work/names.ext"
signed names '/CN=comma\, and "quote"/O=Zoë' root -set_serial 0x00ff01

# An RSA root and a leaf whose certificate is signed by PSS.
openssl genrsa -out "$work/rsa.key" 2048 2>/dev/null; ext rsa "$ca" "$usage" "$ski"; root rsa '/CN=RSA root'
cp "$work/leaf.key" "$work/rsa_leaf.key"; ext rsa_leaf "${leaf[@]}"
signed rsa_leaf / rsa -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest

# The "never" of RFC 5280 4.1.2.5.
printf '[ca]\ndefault_ca=d\n[d]\ndatabase=%s/db\nnew_certs_dir=%s\nserial=%s/serial\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n' \
  "$work" "$work" "$work" >"$work/ca.cnf"
: >"$work/db"; echo 01 >"$work/serial"
cp "$work/root.key" "$work/never.key"; openssl req -utf8 -new -key "$work/never.key" -subj '/CN=Never' -out "$work/never.csr"
ext never "$ca" "$usage" "$ski"
openssl ca -batch -config "$work/ca.cnf" -selfsign -keyfile "$work/never.key" -in "$work/never.csr" -extfile "$work/never.ext" \
  -startdate 19500101000000Z -enddate 99991231235959Z -notext -out never.pem 2>/dev/null

# Keys that a certificate or a bundle must not bring.
openssl genpkey -algorithm ed25519 -out "$work/ed25519.key"; ext ed25519 "$ca" "$usage" "$ski"; root ed25519 '/CN=Ed25519'
openssl genrsa -out "$work/rsa1024.key" 1024 2>/dev/null; ext rsa1024 "$ca" "$usage" "$ski"; root rsa1024 '/CN=RSA 1024'
openssl ecparam -name secp256k1 -genkey -noout | openssl pkey -pubout -outform DER -out secp256k1_spki.der
openssl ecparam -name prime256v1 -genkey -noout -param_enc explicit | openssl pkey -pubout -outform DER -out explicit_spki.der
openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 2>/dev/null | openssl pkey -pubout -outform DER -out rsa_pss_spki.der

# Private keys in every form that they come in. Nothing trusts them.
openssl pkcs8 -topk8 -nocrypt -in "$work/leaf.key" -out key_ec_pkcs8.pem
cp "$work/leaf.key" key_ec_sec1.pem
openssl ecparam -name prime256v1 -genkey -out key_ec_parameters.pem
openssl rsa -in "$work/rsa.key" -traditional -out key_rsa_pkcs1.pem 2>/dev/null
openssl pkcs8 -topk8 -in "$work/leaf.key" -passout pass:secret -out key_encrypted_pkcs8.pem
openssl ec -in "$work/leaf.key" -aes256 -passout pass:secret -out key_encrypted_sec1.pem 2>/dev/null
chmod 0644 ./*.pem ./*.der  # openssl makes keys 0600; these are no secrets
