/* A person by their certificate: we give something to sign, they bring the signature. The chain is built from what the
 * operator configured alone, never from what came with the signature, so that every authority in it was chosen by the
 * operator; and a certificate is believed only while its authority's current list does not name it: where there is no
 * such list, it is not known whether it still holds, and that is a refusal.
 *
 * The challenge is its own proof of when it was given: a moment and chance, sealed by the master key. Nothing is
 * stored. It is bound to a browser by the cookie that brings it back. */
#include "base/digest.h"
#include "law/field.h"
#include "persons/identity.h"
#include <openssl/pem.h> /* before cms.h, which then has CMS in PEM */

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <sodium.h>
#include <string.h>

#define SAID_BYTES 32 /* of the challenge: the moment and chance; as many seal it */
#define MOMENT_BYTES 8
#define SECURITY_LEVEL 2 /* OpenSSL's: RSA of 2048 bits, SHA-224 and better */
#define IIN_DIGITS 12

static int refuse(struct err *err, const char *code)
{
    ERR_clear_error();
    return err_set(err, ERR_UNAUTHENTICATED, code, NULL);
}

/* --- The challenge -------------------------------------------------------------------------------------------------
 */

static void challenge_seal(const struct keyring *keyring, const uint8_t said[static SAID_BYTES], char ret[static 129])
{
    hex_encode(said, SAID_BYTES, ret);
    struct hash sealed = keyring_lookup(keyring, "challenge", ret);
    hex_encode(sealed.bytes, sizeof sealed.bytes, ret + 2 * SAID_BYTES);
}

void certificate_challenge(const struct keyring *keyring, int64_t now_usec, char ret[static 129])
{
    uint8_t said[SAID_BYTES];
    randombytes_buf(said, sizeof said);
    for (size_t i = 0; i < MOMENT_BYTES; i++)
        said[i] = (uint8_t)((uint64_t)now_usec >> (8 * (MOMENT_BYTES - 1 - i)));
    challenge_seal(keyring, said, ret);
}

static bool challenge_holds(const struct keyring *keyring, const char *challenge, int64_t now_usec)
{
    uint8_t said[SAID_BYTES];
    char again[129], first[2 * SAID_BYTES + 1];
    uint64_t given = 0;
    if (strlen(challenge) != sizeof again - 1)
        return false;
    memcpy(first, challenge, 2 * SAID_BYTES);
    first[2 * SAID_BYTES] = '\0';
    if (!hex_decode(first, said, sizeof said))
        return false;
    challenge_seal(keyring, said, again);
    if (sodium_memcmp(again, challenge, sizeof again - 1) != 0)
        return false;
    for (size_t i = 0; i < MOMENT_BYTES; i++)
        given = given << 8 | said[i];
    int64_t age_usec = now_usec - (int64_t)given;
    return age_usec >= 0 && age_usec <= CHALLENGE_MINUTES * 60 * USEC_PER_SEC;
}

/* --- The signature -------------------------------------------------------------------------------------------------
 */

static CMS_ContentInfo *cms_read(const void *bytes, size_t count)
{
    BIO *bio = BIO_new_mem_buf(bytes, (int)count);
    if (bio == NULL)
        return NULL;
    CMS_ContentInfo *cms = d2i_CMS_bio(bio, NULL);
    if (cms == NULL && BIO_reset(bio) >= 0)
        cms = PEM_read_bio_CMS(bio, NULL, NULL, NULL);
    BIO_free(bio);
    return cms;
}

static bool digest_strong(CMS_SignerInfo *signer)
{
    const ASN1_OBJECT *object;
    X509_ALGOR *digest = NULL;
    CMS_SignerInfo_get0_algs(signer, NULL, NULL, &digest, NULL);
    if (digest == NULL)
        return false;
    X509_ALGOR_get0(&object, NULL, NULL, digest);
    int nid = OBJ_obj2nid(object);
    return nid == NID_sha256 || nid == NID_sha384 || nid == NID_sha512;
}

/* The one signer's certificate, borrowed from `cms`, when the signature is theirs over the challenge. */
static int signer_find(CMS_ContentInfo *cms, const char *challenge, X509 **ret, struct err *err)
{
    if (OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed)
        return refuse(err, "signature_unreadable");
    STACK_OF(CMS_SignerInfo) *infos = CMS_get0_SignerInfos(cms);
    if (sk_CMS_SignerInfo_num(infos) != 1)
        return refuse(err, "signature_unreadable");
    BIO *said = BIO_new_mem_buf(challenge, (int)strlen(challenge));
    if (said == NULL)
        return err_memory(err);
    int right = CMS_verify(cms, NULL, NULL, said, NULL, CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY);
    BIO_free(said);
    if (right != 1 || !digest_strong(sk_CMS_SignerInfo_value(infos, 0)))
        return refuse(err, "signature_wrong");
    STACK_OF(X509) *signers = CMS_get0_signers(cms);
    X509 *signer = sk_X509_num(signers) == 1 ? sk_X509_value(signers, 0) : NULL;
    sk_X509_free(signers);
    if (signer == NULL)
        return refuse(err, "signature_unreadable");
    *ret = signer;
    return 0;
}

/* --- The chain -----------------------------------------------------------------------------------------------------
 */

static int trust_unreadable(struct err *err, const char *what)
{
    ERR_clear_error();
    (void)!err_set(err, ERR_UNAVAILABLE, "identity_roots", NULL);
    return err_detail(err, "no %s could be read", what);
}

/* Puts certificates (`lists` false) or lists of revoked ones into the store; how many there were, or -1. */
static int store_fill(X509_STORE *store, const char *pem, bool lists)
{
    BIO *bio = pem == NULL ? NULL : BIO_new_mem_buf(pem, -1);
    STACK_OF(X509_INFO) *all = bio == NULL ? NULL : PEM_X509_INFO_read_bio(bio, NULL, NULL, NULL);
    int count = 0;
    BIO_free(bio);
    if (all == NULL)
        return -1;
    for (int i = 0; i < sk_X509_INFO_num(all) && count >= 0; i++) {
        const X509_INFO *info = sk_X509_INFO_value(all, i);
        int added = 0;
        if (lists && info->crl != NULL)
            added = X509_STORE_add_crl(store, info->crl) == 1 ? 1 : -1;
        else if (!lists && info->x509 != NULL)
            added = X509_STORE_add_cert(store, info->x509) == 1 ? 1 : -1;
        count = added < 0 ? -1 : count + added;
    }
    sk_X509_INFO_pop_free(all, X509_INFO_free);
    return count;
}

static const char *chain_refusal(const X509_STORE_CTX *context)
{
    switch (X509_STORE_CTX_get_error(context)) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return X509_STORE_CTX_get_error_depth(context) == 0 ? "certificate_expired" : "certificate_untrusted";
    case X509_V_ERR_CERT_REVOKED:
        return "certificate_revoked";
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_CRL_NOT_YET_VALID:
    case X509_V_ERR_CRL_SIGNATURE_FAILURE:
    case X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE:
    case X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD:
    case X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD:
    case X509_V_ERR_DIFFERENT_CRL_SCOPE:
    case X509_V_ERR_KEYUSAGE_NO_CRL_SIGN:
        return "certificate_unchecked";
    default:
        return "certificate_untrusted";
    }
}

static int chain_verify(X509_STORE *store, X509 *signer, int64_t now_usec, struct err *err)
{
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    int r = 0;
    if (context == NULL || X509_STORE_CTX_init(context, store, signer, NULL) != 1) {
        X509_STORE_CTX_free(context);
        return err_memory(err);
    }
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_time(param, (time_t)(now_usec / USEC_PER_SEC));
    X509_VERIFY_PARAM_set_auth_level(param, SECURITY_LEVEL);
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_CRL_CHECK);
    if (X509_verify_cert(context) != 1)
        r = refuse(err, chain_refusal(context));
    /* An authority's own certificate is no person's, though it would be its own root. */
    else if (sk_X509_num(X509_STORE_CTX_get0_chain(context)) < 2 || X509_check_ca(signer) != 0 ||
             (X509_get_extension_flags(signer) & EXFLAG_CA) != 0)
        r = refuse(err, "certificate_untrusted");
    X509_STORE_CTX_free(context);
    return r;
}

static int chain_check(const struct certificate_trust *trust, X509 *signer, int64_t now_usec, struct err *err)
{
    X509_STORE *store = X509_STORE_new();
    int r;
    if (store == NULL)
        return err_memory(err);
    if (store_fill(store, trust->roots, false) <= 0)
        r = trust_unreadable(err, "certificate of an authority");
    else if (store_fill(store, trust->crls, true) <= 0)
        r = trust_unreadable(err, "list of revoked certificates");
    else
        r = chain_verify(store, signer, now_usec, err);
    X509_STORE_free(store);
    return r;
}

/* --- Whose it is ---------------------------------------------------------------------------------------------------
 */

/* The one serialNumber of the owner, "IIN" and twelve digits with the right control digit. */
static bool iin_read(X509 *signer, char ret[static IIN_DIGITS + 1])
{
    const X509_NAME *name = X509_get_subject_name(signer);
    int at = X509_NAME_get_index_by_NID(name, NID_serialNumber, -1);
    if (at < 0 || X509_NAME_get_index_by_NID(name, NID_serialNumber, at) >= 0)
        return false;
    const ASN1_STRING *text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
    const char *bytes = (const char *)ASN1_STRING_get0_data(text);
    char iin[IIN_DIGITS + 1] = "";
    if (ASN1_STRING_length(text) != 3 + IIN_DIGITS || memcmp(bytes, "IIN", 3) != 0)
        return false;
    memcpy(iin, bytes + 3, IIN_DIGITS);
    if (strspn(iin, "0123456789") != IIN_DIGITS || !iin_valid(iin))
        return false;
    memcpy(ret, iin, sizeof iin);
    return true;
}

static bool may_sign(X509 *signer)
{
    /* Without the extension every use is said to be allowed; an authority that tells people apart says which. */
    return (X509_get_extension_flags(signer) & EXFLAG_KUSAGE) != 0 &&
           (X509_get_key_usage(signer) & KU_DIGITAL_SIGNATURE) != 0;
}

int certificate_check(const struct keyring *keyring, const struct certificate_trust *trust, const char *challenge,
                      const void *cms, size_t count, int64_t now_usec, char ret_iin[static 13], struct err *err)
{
    char iin[IIN_DIGITS + 1];
    X509 *signer = NULL;
    if (!challenge_holds(keyring, challenge, now_usec))
        return refuse(err, "challenge_old");
    CMS_ContentInfo *signature = count > 0 && count <= INT32_MAX ? cms_read(cms, count) : NULL;
    if (signature == NULL)
        return refuse(err, "signature_unreadable");
    int r = signer_find(signature, challenge, &signer, err);
    if (r == 0)
        r = chain_check(trust, signer, now_usec, err);
    if (r == 0 && !may_sign(signer))
        r = refuse(err, "certificate_usage");
    if (r == 0 && !iin_read(signer, iin))
        r = refuse(err, "certificate_no_iin");
    CMS_ContentInfo_free(signature);
    ERR_clear_error();
    if (r == 0)
        memcpy(ret_iin, iin, sizeof iin);
    return r;
}
