"""Check digits of cards, accounts and the numbers by which states know people.

Each takes the number without separators and says whether its check digits agree. Sources: ISO/IEC 7812
(Luhn), ISO 7064 (mod 97-10, mod 11-10), and the issuing authorities' own rules where a function names one.
"""

from collections.abc import Sequence

# Verhoeff, J.: Error Detecting Decimal Codes (1969): the dihedral group of order ten and its permutation.
_VERHOEFF_TIMES = tuple(
    tuple(
        (a + b) % 5 if a < 5 and b < 5
        else 5 + (a + b) % 5 if a < 5
        else 5 + (a - b) % 5 if b < 5
        else (a - b) % 5
        for b in range(10)
    )
    for a in range(10)
)  # fmt: skip
_VERHOEFF_TURN = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)
_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
_CF_ODD = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)


def luhn(number: str) -> bool:
    """Payment cards, Canadian SIN, Swedish personnummer (its last ten digits)."""
    digits = [int(digit) for digit in number]
    doubled = (digit * 2 - 9 if digit > 4 else digit * 2 for digit in digits[-2::-2])
    return (sum(digits[::-2]) + sum(doubled)) % 10 == 0


def mod_97(number: str) -> bool:
    """IBAN: letters count from A = 10, the first four characters go last."""
    return int("".join(str(int(character, 36)) for character in number[4:] + number[:4])) % 97 == 1


def verhoeff(number: str) -> bool:
    """Indian Aadhaar."""
    sum_ = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit)
        for _ in range(place % 8):
            value = _VERHOEFF_TURN[value]
        sum_ = _VERHOEFF_TIMES[sum_][value]
    return sum_ == 0


def mod_11_10(number: str) -> bool:
    """German Steuer-ID: ISO 7064 mod 11,10 and, in the first ten digits, one digit two or three times."""
    if number[0] == "0" or max(map(number[:10].count, set(number[:10]))) not in (2, 3):
        return False
    check = 5
    for digit in number[:-1]:
        check = (((check or 10) * 2) % 11 + int(digit)) % 10
    return ((check or 10) * 2 % 11 + int(number[-1])) % 10 == 1


def dni(number: str) -> bool:
    """Spanish DNI and NIE: the letter is the number modulo 23; X, Y, Z stand for 0, 1, 2."""
    body = number[:-1].upper()
    body = body.translate(str.maketrans("XYZ", "012"))
    return body.isdecimal() and _DNI_LETTERS[int(body) % 23] == number[-1].upper()


def nir(number: str) -> bool:
    """French NIR: 97 less the number modulo 97; 2A and 2B (Corsica) count as 19 and 18."""
    body = number[:13].upper().replace("2A", "19").replace("2B", "18")
    return body.isdecimal() and 97 - int(body) % 97 == int(number[13:])


def codice_fiscale(number: str) -> bool:
    """Italian codice fiscale: a table for odd places, the value itself for even ones, modulo 26."""
    values = [int(c) if c.isdecimal() else ord(c) - ord("A") for c in number.upper()]
    total = sum(_CF_ODD[v] if place % 2 == 0 else v for place, v in enumerate(values[:15]))
    return total % 26 == values[15]


def cpf(number: str) -> bool:
    """Brazilian CPF: two check digits modulo 11; eleven equal digits are none."""
    return len(set(number)) > 1 and all(
        _weighted(number[:end], range(end + 1, 1, -1)) * 10 % 11 % 10 == int(number[end]) for end in (9, 10)
    )


def eleven_proof(number: str) -> bool:
    """Dutch BSN: weights 9 to 2 and -1 give a multiple of 11."""
    return number != "0" * 9 and _weighted(number, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def ean(number: str) -> bool:
    """Swiss AHV number: the check digit of an EAN-13."""
    return _weighted(number, [1, 3] * 6 + [1]) % 10 == 0


def pesel(number: str) -> bool:
    """Polish PESEL."""
    return _weighted(number, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0


def tfn(number: str) -> bool:
    """Australian tax file number, of nine digits."""
    return _weighted(number, (1, 4, 3, 7, 5, 8, 6, 9, 10)) % 11 == 0


def _weighted(number: str, weights: Sequence[int]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(number, weights, strict=True))
