"""When a live intent gets another name: what its turns say now, and which intent says a name most."""

from groundswell.models.intents.fine_words import Example
from groundswell.models.intents.names import NameBook

OTHERS = {
    "music": ["play some quiet music", "turn the music down in the kitchen", "play the music louder"],
    "refund": ["refund my insurance please", "does the insurance refund cover illness"],
}
CHANGE = ["I want to change my PIN", "how do I change my PIN", "please change the PIN of my card"]
ORDER = ["order a card with a PIN", "I want to order a card", "please order me a new card with its PIN"]


def tell(book, fine, texts, times=1):
    for _ in range(times):
        for rank, text in enumerate(texts):
            book.observe(fine, Example(0.9 - rank / 100, text))


def told(**said):
    book = NameBook(64)
    for fine, texts in {**OTHERS, **said}.items():
        tell(book, fine, texts, 4)
    return book


def names(book, *fines):
    return book.name_all({fine: [fine] for fine in (*fines, *OTHERS)})


class TestANameIsGivenUp:
    def test_that_only_the_first_turn_said(self):
        book = told()
        tell(book, "it", ["Can you specify a date for the card delivered?"])
        early = names(book, "it")["it"]
        assert "specify" in early.name.lower()
        tell(book, "it", ["my card has not arrived", "why has my card not arrived yet"], 30)
        late = names(book, "it")["it"]
        assert (late.name, late.version, late.reason) == ("Card not arrived", 2, "grown")

    def test_that_denies_what_hardly_any_turn_does(self):
        book = told()
        tell(book, "it", ["I can't top up by cheque"])
        assert names(book, "it")["it"].name == "Can't top up by cheque"
        turns = ["can I top up by cheque", "how do I top up by cheque", "I want to top up by cheque"]
        turns += ["please top up by cheque", "is it possible to top up by cheque"]
        tell(book, "it", turns, 30)
        assert names(book, "it")["it"].name == "Top up by cheque"


class TestANameIsKept:
    def test_while_turns_say_it_however_many_more_there_are(self):
        book = told(it=["I want to cancel my reservation", "cancel the reservation"])
        first = names(book, "it")["it"]
        for times in (10, 20, 40, 80):
            tell(book, "it", ["please cancel the reservation I made", "cancelling a reservation"], times)
            assert (names(book, "it")["it"].name, names(book, "it")["it"].version) == (first.name, 1)

    def test_though_another_wording_of_it_is_worth_somewhat_more(self):
        book = told()
        tell(book, "it", ["I was charged an extra fee on my card", "charged a fee on my card"], 4)
        first = names(book, "it")["it"]
        tell(book, "it", ["why did I get charged a fee on the card", "I was charged an extra fee"], 20)
        assert names(book, "it")["it"].name == first.name


class TestANameGoesTo:
    def test_the_intent_that_says_it_most(self):
        book = told()
        tell(book, "large", ["can I change the PIN of a card"], 2)
        assert names(book, "large")["large"].name == "Change PIN of card"
        tell(book, "large", ORDER, 4)
        named = names(book, "large")
        book.keep("large", named["large"])
        tell(book, "small", CHANGE, 4)
        after = names(book, "large", "small")
        assert "change" in after["small"].name.lower()
        assert "change" not in after["large"].name.lower()

    def test_the_one_that_wanted_it_when_it_is_free(self):
        book = told(it=["change PIN", "I want to change my PIN", "how do I change my PIN"])
        wanting = book.name_all({"it": ["it"]}, reserved=["Change PIN"])["it"]
        assert (wanting.name, wanting.wanted) == ("Change PIN (it)", "Change PIN")
        freed = book.name_all({"it": ["it"]})["it"]
        assert (freed.name, freed.reason) == (wanting.wanted, "freed")

    def test_the_same_after_a_restart(self):
        book = told(it=["change PIN", "I want to change my PIN", "how do I change my PIN"])
        book.name_all({"it": ["it"]}, reserved=["Change PIN"])
        again = NameBook.restore(book.changes(), 64)
        assert again.name_all({"it": ["it"]}) == book.name_all({"it": ["it"]})
