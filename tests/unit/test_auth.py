"""RFC 7617: the grammar of credentials, hashes, and valid users."""

import base64
import hashlib
import pickle

import pytest

from pyhttp.auth import BasicAuth, Credentials, PasswordHash, checked_name, credentials_of
from tests.helpers.untyped import untyped

SALT = bytes(16)
HASH = str(PasswordHash.of("secret", SALT, n=2, r=1))


def basic(text: str | bytes) -> str:
    return "Basic " + base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", Credentials("Aladdin", "open sesame")),  # RFC 7617 §2
        ("Basic dGVzdDoxMjPCow==", Credentials("test", "123£")),  # RFC 7617 §2.1
        ("bASIC  dGVzdDoxMjPCow==", Credentials("test", "123£")),
        (basic("a:b:c"), Credentials("a", "b:c")),
        (basic("a:"), Credentials("a", "")),
        (basic(":b"), Credentials("", "b")),
        (basic("e\u0301:e\u0301"), Credentials("é", "é")),
    ],
)
def test_credentials(value: str, expected: Credentials) -> None:
    assert credentials_of(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Basic",
        "Basic ",
        "Basic\tYTpi",
        "BasicYTpi",
        "Bearer YTpi",
        "Basic YTpi, Basic YTpi",
        "Basic YTpi x",
        "Basic YTpi\n",
        "Basic YT",
        "Basic YTpiYw",
        "Basic YTpi====",
        "Basic YTpi=",
        "Basic YTpiYw===",
        "Basic YT-i",
        "Basic YTp=i",
        basic("no colon"),
        basic(b"a:\xe9"),
        basic(b"\xff:a"),
        basic("a:b\n"),
        basic("a\0:b"),
        basic("a:\x85"),
        "Basic \xe9",
    ],
)
def test_what_is_no_credentials(value: str) -> None:
    assert credentials_of(value) is None


class TestPasswordHash:
    def test_it_is_that_of_scrypt_and_can_be_written_and_read(self) -> None:
        made = PasswordHash.of("pä:ss", SALT, n=4, r=2, p=3)
        assert made.key == hashlib.scrypt("pä:ss".encode(), salt=SALT, n=4, r=2, p=3, dklen=32)
        assert str(made).startswith("scrypt$4$2$3$AAAAAAAAAAAAAAAAAAAAAA==$")
        assert PasswordHash.parse(str(made)) == made
        assert made.matches("pä:ss")
        assert not made.matches("pä:sS")

    def test_by_default_it_costs_16_MiB(self) -> None:
        assert str(PasswordHash.of("", SALT)).startswith("scrypt$16384$8$1$")

    def test_it_is_not_shown(self) -> None:
        assert repr(BasicAuth((("a", HASH),))) == "BasicAuth(realm='pyhttp')"
        assert repr(PasswordHash.parse(HASH)) == "PasswordHash(n=2, r=1, p=1)"

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", "not one that pyhttp passwd writes"),
            ("secret", "not one that pyhttp passwd writes"),
            (HASH + " ", "not one that pyhttp passwd writes"),
            (HASH.replace("$AAAA", "$AAA"), "not one that pyhttp passwd writes"),
            (HASH.replace("scrypt", "bcrypt"), "not one that pyhttp passwd writes"),
            (HASH.replace("$2$1$1$", "$3$1$1$"), "not valid for scrypt"),
            (HASH.replace("$2$1$1$", "$1$1$1$"), "not valid for scrypt"),
            (HASH.replace("$2$1$1$", "$0$1$1$"), "not valid for scrypt"),
            (HASH.replace("$2$1$1$", "$2$0$1$"), "not valid for scrypt"),
            (HASH.replace("$2$1$1$", "$2$1$0$"), "not valid for scrypt"),
            (HASH.replace("$2$1$1$", "$262144$16$1$"), "costs too much"),
            (HASH.replace("$2$1$1$", "$262144$8$5$"), "costs too much"),
            (HASH.replace("$2$1$1$", "$000000002$1$1$"), "not one that pyhttp passwd writes"),
            (HASH.replace("$2$1$1$", "$2$001$1$"), "not one that pyhttp passwd writes"),
            (HASH.replace("$2$1$1$", "$2$1$001$"), "not one that pyhttp passwd writes"),
            ("scrypt$2$1$1$AAAA$AAAA", "too short"),
        ],
    )
    def test_what_is_none(self, text: str, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            PasswordHash.parse(text)

    @pytest.mark.parametrize(
        ("n", "r", "p", "salt", "key"),
        [
            (2, 2**20, 1, 16, 32),  # 256 MiB
            (2, 1, 2**22, 16, 32),  # filled four times in all
            (2**18, 8, 4, 16, 32),
        ],
    )
    def test_each_bound_is_the_last_that_is_allowed(self, n: int, r: int, p: int, salt: int, key: int) -> None:
        assert PasswordHash(n, r, p, bytes(salt), bytes(key)).n == n
        with pytest.raises(ValueError, match="costs too much"):
            PasswordHash(n, r + 1, p, bytes(salt), bytes(key))
        with pytest.raises(ValueError, match="costs too much"):
            PasswordHash(n, r, 2**22 + 1 if n == 2 else p + 1, bytes(salt), bytes(key))
        for less in ((salt - 1, key), (salt, key - 1)):
            with pytest.raises(ValueError, match=r"too short: 16 octets of salt and 32 of the key are the least$"):
                PasswordHash(n, r, p, bytes(less[0]), bytes(less[1]))

    def test_the_dearest_one_that_is_allowed_can_be_computed(self) -> None:
        assert PasswordHash.of("a", SALT, n=262144, r=8).matches("a")


class TestBasicAuth:
    @pytest.mark.clause("9110-11.2-4a", "9110-11.5-5a", "9110-5.6.3-5b")
    @pytest.mark.parametrize(
        ("realm", "challenge"),
        [
            ("pyhttp", 'Basic realm="pyhttp", charset="UTF-8"'),
            ('a "b" \\c', 'Basic realm="a \\"b\\" \\\\c", charset="UTF-8"'),
        ],
    )
    def test_its_challenge(self, realm: str, challenge: str) -> None:
        assert BasicAuth((("a", HASH),), realm).challenge == challenge

    @pytest.mark.parametrize("name", ["a", "a#", "a b", "\xa0", "\xe9" * 128])
    def test_names_that_somebody_may_have(self, name: str) -> None:
        assert list(BasicAuth([(name, HASH)]).hashes) == [name]

    @pytest.mark.parametrize("realm", [" ", "~", "a"])
    def test_realms(self, realm: str) -> None:
        assert BasicAuth([("a", HASH)], realm).realm == realm

    @pytest.mark.parametrize("name", ["", "a:b", "a\n", "\x80", "\x7f", "\x9f", "#a", "a" * 129, "\udcff"])
    def test_names_that_nobody_can_have(self, name: str) -> None:
        with pytest.raises(ValueError, match=r"^BasicAuth\.users: .*name"):
            BasicAuth(((name, HASH),))

    @pytest.mark.parametrize(
        ("users", "realm", "message"),
        [
            ((), "a", "there is no user"),
            ((("a", HASH), ("a", HASH)), "a", "'a': the name is there twice"),
            ((("\xe9", HASH), ("e\u0301", HASH)), "a", "the name is there twice"),
            ((("a", "plain"),), "a", "'a': its hash"),
            ((("a", HASH),), "", "realm"),
            ((("a", HASH),), "a\nb", "realm"),
            ((("a", HASH),), "\x1f", "realm"),
            ((("a", HASH),), "\x7f", "realm"),
            ((("a", HASH),), "é", "realm"),
        ],
    )
    def test_what_is_none(self, users: tuple[tuple[str, str], ...], realm: str, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            BasicAuth(users, realm)

    def test_its_parameters_have_types(self) -> None:
        with pytest.raises(TypeError, match=r"BasicAuth\.users: .*, not dict"):
            untyped(BasicAuth)({"a": HASH})
        with pytest.raises(TypeError, match=r"BasicAuth\.realm: str, not bytes"):
            untyped(BasicAuth)((("a", HASH),), b"a")

    def test_it_is_a_value_that_another_process_can_have(self) -> None:
        auth = BasicAuth((("a", HASH),))
        assert pickle.loads(pickle.dumps(auth)) == auth
        assert hash(auth) == hash(BasicAuth((("a", HASH),)))
        assert auth != BasicAuth((("b", HASH),))


def test_a_name_has_one_form() -> None:
    assert checked_name("e\u0301") == "\xe9"
