/* Certificates made here, by authorities made here: whose signature is believed, and whose is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "persons/identity.h"
#include "test_persons_world.h"
#include <openssl/pem.h>

#include <cmocka.h>
#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#define IIN "900101300176"
#define DAY 86400

struct party {
    EVP_PKEY *key;
    X509 *certificate;
};
struct making {
    const char *name, *serial; /* serialNumber of the owner; NULL: none */
    const char *usage;         /* keyUsage; NULL: none */
    bool is_ca;
    long from_day, until_day; /* from now */
    long number;
    int bits; /* 0: an elliptic curve */
};

struct bench {
    struct fixture f;
    struct party root, person;
    struct certificate_trust trust;
    char *roots, *crls;
    int64_t now_usec;
    char challenge[129];
};

static void extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *made = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    assert_non_null(made);
    assert_int_equal(X509_add_ext(certificate, made, -1), 1);
    X509_EXTENSION_free(made);
}

static struct party party_make(const struct making *making, const struct party *issuer, int64_t now_usec)
{
    struct party party;
    time_t now = (time_t)(now_usec / USEC_PER_SEC);
    party.key = making->bits > 0 ? EVP_RSA_gen((unsigned)making->bits) : EVP_EC_gen("P-256");
    party.certificate = X509_new();
    X509_NAME *name = X509_NAME_new();
    assert_true(party.key != NULL && party.certificate != NULL && name != NULL);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)making->name, -1, -1, 0);
    if (making->serial != NULL)
        X509_NAME_add_entry_by_txt(name, "serialNumber", MBSTRING_ASC, (const unsigned char *)making->serial, -1, -1,
                                   0);
    X509_set_version(party.certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(party.certificate), making->number);
    X509_set_subject_name(party.certificate, name);
    X509_set_issuer_name(party.certificate, issuer == NULL ? name : X509_get_subject_name(issuer->certificate));
    X509_time_adj_ex(X509_getm_notBefore(party.certificate), (int)making->from_day, 0, &now);
    X509_time_adj_ex(X509_getm_notAfter(party.certificate), (int)making->until_day, 0, &now);
    X509_set_pubkey(party.certificate, party.key);
    X509 *by = issuer == NULL ? party.certificate : issuer->certificate;
    extension(party.certificate, by, NID_basic_constraints, making->is_ca ? "critical,CA:TRUE" : "CA:FALSE");
    if (making->usage != NULL)
        extension(party.certificate, by, NID_key_usage, making->usage);
    assert_true(X509_sign(party.certificate, issuer == NULL ? party.key : issuer->key, EVP_sha256()) > 0);
    X509_NAME_free(name);
    return party;
}

static void party_free(struct party *party)
{
    EVP_PKEY_free(party->key);
    X509_free(party->certificate);
}

static char *bio_text(BIO *bio)
{
    char *bytes;
    long count = BIO_get_mem_data(bio, &bytes);
    char *copy = malloc((size_t)count + 1); /* the bytes end without a NUL */
    assert_non_null(copy);
    memcpy(copy, bytes, (size_t)count);
    copy[count] = '\0';
    BIO_free(bio);
    return copy;
}

static char *certificate_pem(const struct party *party)
{
    BIO *bio = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(bio, party->certificate);
    return bio_text(bio);
}

/* The authority's list: `revoked` a number, or 0. */
static char *crl_pem(const struct party *issuer, long revoked, long from_day, long until_day, int64_t now_usec)
{
    time_t now = (time_t)(now_usec / USEC_PER_SEC);
    X509_CRL *crl = X509_CRL_new();
    ASN1_TIME *from = X509_time_adj_ex(NULL, (int)from_day, 0, &now);
    ASN1_TIME *until = X509_time_adj_ex(NULL, (int)until_day, 0, &now);
    BIO *bio = BIO_new(BIO_s_mem());
    X509_CRL_set_version(crl, X509_CRL_VERSION_2);
    X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer->certificate));
    X509_CRL_set1_lastUpdate(crl, from);
    X509_CRL_set1_nextUpdate(crl, until);
    if (revoked > 0) {
        X509_REVOKED *entry = X509_REVOKED_new();
        ASN1_INTEGER *number = ASN1_INTEGER_new();
        ASN1_INTEGER_set(number, revoked);
        X509_REVOKED_set_serialNumber(entry, number);
        X509_REVOKED_set_revocationDate(entry, from);
        X509_CRL_add0_revoked(crl, entry);
        ASN1_INTEGER_free(number);
    }
    assert_true(X509_CRL_sign(crl, issuer->key, EVP_sha256()) > 0);
    PEM_write_bio_X509_CRL(bio, crl);
    X509_CRL_free(crl);
    ASN1_TIME_free(from);
    ASN1_TIME_free(until);
    return bio_text(bio);
}

static const struct making root_making = {.name = "Root",
                                          .usage = "critical,keyCertSign,cRLSign",
                                          .is_ca = true,
                                          .from_day = -100,
                                          .until_day = 1000,
                                          .number = 1};
static const struct making person_making = {.name = "Aigerim",
                                            .serial = "IIN" IIN,
                                            .usage = "critical,digitalSignature",
                                            .from_day = -10,
                                            .until_day = 300,
                                            .number = 77};

static void bench_start(struct bench *bench)
{
    memset(bench, 0, sizeof *bench);
    fixture_start_empty(&bench->f);
    bench->now_usec = fixture_moment(&bench->f, PERSONS_NOW);
    bench->root = party_make(&root_making, NULL, bench->now_usec);
    bench->person = party_make(&person_making, &bench->root, bench->now_usec);
    bench->roots = certificate_pem(&bench->root);
    bench->crls = crl_pem(&bench->root, 0, -1, 7, bench->now_usec);
    bench->trust = (struct certificate_trust){bench->roots, bench->crls};
    certificate_challenge(bench->f.keyring, bench->now_usec, bench->challenge);
}

static void bench_end(struct bench *bench)
{
    party_free(&bench->root);
    party_free(&bench->person);
    free(bench->roots);
    free(bench->crls);
    fixture_end(&bench->f);
}

/* What that party signs, detached; DER, or PEM. */
static char *sign_with(const struct party *party, const char *text, const EVP_MD *digest, bool pem, size_t *ret_count)
{
    BIO *said = BIO_new_mem_buf(text, -1), *out = BIO_new(BIO_s_mem());
    CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, CMS_DETACHED | CMS_BINARY | CMS_PARTIAL);
    char *bytes;
    assert_non_null(CMS_add1_signer(cms, party->certificate, party->key, digest, CMS_DETACHED | CMS_BINARY));
    assert_int_equal(CMS_final(cms, said, NULL, CMS_DETACHED | CMS_BINARY), 1);
    assert_int_equal(pem ? PEM_write_bio_CMS(out, cms) : i2d_CMS_bio(out, cms), 1);
    *ret_count = (size_t)BIO_get_mem_data(out, &bytes);
    char *copy = malloc(*ret_count);
    memcpy(copy, bytes, *ret_count);
    CMS_ContentInfo_free(cms);
    BIO_free(said);
    BIO_free(out);
    return copy;
}

static int check_signature(const struct bench *bench, const char *cms, size_t count, char iin[static 13],
                           struct err *err)
{
    return certificate_check(bench->f.keyring, &bench->trust, bench->challenge, cms, count, bench->now_usec, iin, err);
}

static void assert_signature(const struct bench *bench, const struct party *party, const char *text,
                             const EVP_MD *digest, const char *code)
{
    struct err err = {0};
    char iin[13] = "untouched";
    size_t count;
    char *cms = sign_with(party, text, digest, false, &count);
    int r = check_signature(bench, cms, count, iin, &err);
    free(cms);
    if (code == NULL) {
        if (r < 0)
            fail_msg("%s %s", err.code, err.detail);
        assert_string_equal(iin, IIN);
        return;
    }
    if (r == 0)
        fail_msg("taken, not refused: %s", code);
    assert_string_equal(err.code, code);
    assert_string_equal(iin, "untouched");
}

/* Somebody else by the same authority. */
static void assert_other(const struct bench *bench, struct making making, const char *code)
{
    struct party other = party_make(&making, &bench->root, bench->now_usec);
    assert_signature(bench, &other, bench->challenge, NULL, code);
    party_free(&other);
}

static void test_a_right_signature(void **state)
{
    struct bench bench;
    struct err err = {0};
    char iin[13];
    size_t count;
    struct making rsa = person_making;
    (void)state;
    bench_start(&bench);
    assert_signature(&bench, &bench.person, bench.challenge, NULL, NULL);
    rsa.bits = 2048;
    assert_other(&bench, rsa, NULL);
    char *pem = sign_with(&bench.person, bench.challenge, EVP_sha512(), true, &count);
    assert_int_equal(check_signature(&bench, pem, count, iin, &err), 0);
    free(pem);
    bench_end(&bench);
}

static void test_the_challenge(void **state)
{
    struct bench bench;
    char other[129], changed[129];
    (void)state;
    bench_start(&bench);
    certificate_challenge(bench.f.keyring, bench.now_usec, other);
    assert_string_not_equal(other, bench.challenge);
    assert_signature(&bench, &bench.person, other, NULL, "signature_wrong");
    assert_signature(&bench, &bench.person, "", NULL, "signature_wrong");
    /* A challenge of somebody's own making, signed rightly. */
    memcpy(changed, bench.challenge, sizeof changed);
    changed[20] = changed[20] == '0' ? '1' : '0';
    memcpy(bench.challenge, changed, sizeof changed);
    assert_signature(&bench, &bench.person, changed, NULL, "challenge_old");
    memcpy(bench.challenge, other, sizeof other);
    bench.now_usec += CHALLENGE_MINUTES * 60 * USEC_PER_SEC;
    assert_signature(&bench, &bench.person, other, NULL, NULL);
    bench.now_usec += 1;
    assert_signature(&bench, &bench.person, other, NULL, "challenge_old");
    strcpy(bench.challenge, "short");
    assert_signature(&bench, &bench.person, "short", NULL, "challenge_old");
    bench_end(&bench);
}

static void test_what_is_no_signature(void **state)
{
    struct bench bench;
    struct err err = {0};
    char iin[13];
    size_t count;
    (void)state;
    bench_start(&bench);
    assert_int_equal(check_signature(&bench, "", 0, iin, &err), -ERR_UNAUTHENTICATED);
    assert_string_equal(err.code, "signature_unreadable");
    assert_true(check_signature(&bench, "no signature at all", 19, iin, &err) < 0);
    assert_string_equal(err.code, "signature_unreadable");
    char *cms = sign_with(&bench.person, bench.challenge, NULL, false, &count);
    assert_true(check_signature(&bench, cms, count / 2, iin, &err) < 0);
    assert_string_equal(err.code, "signature_unreadable");
    cms[count - 1] ^= 1;
    assert_true(check_signature(&bench, cms, count, iin, &err) < 0);
    free(cms);
    /* SHA-1 convinces nobody. */
    assert_signature(&bench, &bench.person, bench.challenge, EVP_sha1(), "signature_wrong");
    bench_end(&bench);
}

static void test_whose_certificate(void **state)
{
    struct bench bench;
    struct making making = person_making;
    (void)state;
    bench_start(&bench);
    making.until_day = -1;
    assert_other(&bench, making, "certificate_expired");
    making = person_making;
    making.from_day = 1;
    assert_other(&bench, making, "certificate_expired");
    making = person_making;
    making.usage = "critical,keyEncipherment";
    assert_other(&bench, making, "certificate_usage");
    making.usage = NULL;
    assert_other(&bench, making, "certificate_usage");
    making = person_making;
    making.serial = NULL;
    assert_other(&bench, making, "certificate_no_iin");
    making.serial = IIN; /* without the word, as other countries write theirs */
    assert_other(&bench, making, "certificate_no_iin");
    making.serial = "IIN900101300177"; /* the control digit */
    assert_other(&bench, making, "certificate_no_iin");
    making = person_making;
    making.is_ca = true;
    assert_other(&bench, making, "certificate_untrusted");
    making = person_making;
    making.bits = 1024;
    assert_other(&bench, making, "certificate_untrusted");
    bench_end(&bench);
}

static void test_authorities(void **state)
{
    struct bench bench;
    (void)state;
    bench_start(&bench);
    /* An authority of the same name that nobody chose. */
    struct party impostor = party_make(&root_making, NULL, bench.now_usec);
    struct party theirs = party_make(&person_making, &impostor, bench.now_usec);
    assert_signature(&bench, &theirs, bench.challenge, NULL, "certificate_untrusted");
    struct making self = person_making;
    struct party own = party_make(&self, NULL, bench.now_usec);
    assert_signature(&bench, &own, bench.challenge, NULL, "certificate_untrusted");
    party_free(&impostor);
    party_free(&theirs);
    party_free(&own);
    /* The authority's own key is no person's. */
    assert_signature(&bench, &bench.root, bench.challenge, NULL, "certificate_untrusted");
    bench_end(&bench);
}

static void use_crl(struct bench *bench, long revoked, long from_day, long until_day)
{
    free(bench->crls);
    bench->crls = crl_pem(&bench->root, revoked, from_day, until_day, bench->now_usec);
    bench->trust.crls = bench->crls;
}

static void test_revocation(void **state)
{
    struct bench bench;
    (void)state;
    bench_start(&bench);
    use_crl(&bench, 77, -1, 7);
    assert_signature(&bench, &bench.person, bench.challenge, NULL, "certificate_revoked");
    use_crl(&bench, 78, -1, 7);
    assert_signature(&bench, &bench.person, bench.challenge, NULL, NULL);
    use_crl(&bench, 0, -9, -1);
    assert_signature(&bench, &bench.person, bench.challenge, NULL, "certificate_unchecked");
    /* A list, but of somebody else. */
    struct making making = root_making;
    making.name = "Another root";
    struct party another = party_make(&making, NULL, bench.now_usec);
    free(bench.crls);
    bench.crls = crl_pem(&another, 0, -1, 7, bench.now_usec);
    bench.trust.crls = bench.crls;
    assert_signature(&bench, &bench.person, bench.challenge, NULL, "certificate_unchecked");
    party_free(&another);
    bench.trust.crls = "";
    assert_signature(&bench, &bench.person, bench.challenge, NULL, "identity_roots");
    bench.trust.crls = bench.crls;
    bench.trust.roots = NULL;
    assert_signature(&bench, &bench.person, bench.challenge, NULL, "identity_roots");
    bench_end(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_right_signature),    cmocka_unit_test(test_the_challenge),
        cmocka_unit_test(test_what_is_no_signature), cmocka_unit_test(test_whose_certificate),
        cmocka_unit_test(test_authorities),          cmocka_unit_test(test_revocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
