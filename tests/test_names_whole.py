"""Names that say the whole of what is wanted: no fragment, no aside of one user, no value of a slot."""

import pytest

from groundswell.models.intents.fine_words import Example
from groundswell.models.intents.names import NameBook
from groundswell.models.naming.adjuncts import without_slots
from groundswell.models.naming.antecedents import errands
from groundswell.models.naming.choose import Choice
from groundswell.models.naming.clauses import clauses, introduced
from groundswell.models.naming.distinct import SIDE, beside
from groundswell.models.naming.in_full import in_full
from groundswell.models.naming.lore import Lore
from groundswell.models.naming.phrase import Phrase
from groundswell.models.naming.phrases import phrases
from groundswell.models.naming.prefer import preferred
from groundswell.models.naming.tokens import stem
from groundswell.models.naming.weights import Weights

OTHERS = {
    "music": ["play some quiet music", "turn the music down in the kitchen", "play the music louder"],
    "order": ["check my order in the list of orders", "please check my orders", "is my order in the list"],
}


def book_of(said, times=3):
    book = NameBook(64)
    for fine, turns in {**{one: (texts, 3) for one, texts in OTHERS.items()}, **said}.items():
        texts, repeat = turns if isinstance(turns, tuple) else (turns, times)
        for _ in range(repeat):
            for rank, text in enumerate(texts):
                book.observe(fine, Example(0.9 - rank / 100, text))
    return book


def name_of(*turns, times=3, reserved=()):
    book = book_of({"it": list(turns)}, times)
    groups = {fine: [fine] for fine in ("it", *OTHERS)}
    return book.name_all(groups, reserved=reserved)["it"].name


def offered(text, turns=2):
    counts = {stem(word): turns for word in text.lower().split()}
    return [phrase.text for phrase in phrases([text], Weights.of(counts, counts, turns, 10))]


def said(text):
    return [" ".join(token.text or "|" for token in clause.tokens) for clause in clauses(text)]


class TestANameHasItsLastWord:
    def test_a_day_that_a_word_tells_of(self):
        assert said("we need to find a different day") == ["to find different day"]
        assert "find different day" in offered("can you find a different day")
        assert said("I need it one day") == ["one"]

    def test_what_a_word_stands_before(self):
        assert said("I want to swap my lamp for a shorter one") == ["to swap lamp for shorter one"]
        assert "swap lamp for shorter" not in offered("can you swap my lamp for a shorter one")
        assert said("I want to return the one I bought") == ["to return | bought"]

    def test_the_same_is_said(self):
        turns = ["book the same flights as my current booking", "book the same flights as in my booking"]
        assert name_of(*turns).startswith("Book same flights")

    def test_no_word_stands_without_what_it_leads_to(self):
        leading = "can you change the trip to town connected to it"
        assert "change trip to town connected" not in offered(leading)
        assert "return pet bed" in offered("can you return the pet bed from my order")
        assert "remove passenger named" not in offered("can you remove a passenger named Ethan from it")

    def test_nothing_is_compared_with_nothing(self):
        assert "find hotel with rating higher" not in offered("find a hotel with a rating higher than 4")
        assert "find hotel with rating" in offered("can you find a hotel with a rating higher than 4")

    def test_no_article_without_its_noun(self):
        found = {
            one.text: one.score
            for one in phrases(
                ["can you change my existing trip"],
                Weights.of({"chang": 3, "exist": 3}, {"chang": 3, "exist": 3, "trip": 9}, 3, 30),
            )
        }
        bare = {
            one.text: one.score
            for one in phrases(
                ["can you change existing trip"],
                Weights.of({"chang": 3, "exist": 3}, {"chang": 3, "exist": 3, "trip": 9}, 3, 30),
            )
        }
        assert found.get("change existing", 0.0) < bare["change existing"]

    def test_someone_does_something(self):
        assert "someone card" not in offered("someone has my card")
        assert "someone stole card" in offered("someone stole my card")


class TestSlots:
    WEIGHTS = Weights.of({}, {}, 3, 10, Lore(names=frozenset({"boston"})))

    @pytest.mark.parametrize(
        ("text", "left"),
        [
            ("can you change my flight from Boston on 21 to a nonstop one", "change flight to nonstop"),
            ("update the address for order #W6750959 to my new one", "update address to new"),
            ("change my flight from Boston", "change flight from Boston"),
            ("move 500 from savings to checking", "move \x00 \x00 \x00 from savings to checking"),
            ("I want a list of Boston in colour", "list of Boston in colour"),
        ],
    )
    def test_are_passed_over_where_a_preposition_goes_on(self, text, left):
        tokens = [token for clause in clauses(text) for token in clause.tokens]
        assert " ".join(token.text for token in without_slots(tuple(tokens), self.WEIGHTS)).startswith(left)

    def test_a_label_that_few_write_is_none_of_a_name(self):
        hotels = ["Hilton", "Hyatt", "Marriott"]
        turns = [f"please make a reservation at the {hotel} for me" for hotel in hotels]
        assert name_of(*turns, times=6) == "Make reservation"
        assert name_of(*[turns[0]] * 3, times=6) == "Make reservation at Hilton"

    def test_no_preposition_is_a_name(self):
        assert introduced("I don't have the order ID for the laptop") == frozenset()
        assert introduced("I don't have the order ID with me") == frozenset()
        assert introduced("my name is Ben and") == {"ben"}
        assert introduced("my name is Will Smith") == {"smith"}


def phrase(score, text, **how):
    return Phrase(score, text, frozenset(map(stem, text.split())), **how)


def weights(turns, **common):
    return Weights.of({stem(word): count for word, count in common.items()}, {}, turns, 100)


class TestFewTurns:
    ASIDE, ASKED = phrase(9, "terribly jittery", mine=True), phrase(1, "fix order", acts=True)

    def test_are_named_by_what_is_to_be_done(self):
        found = preferred([self.ASIDE, self.ASKED], weights(5, terribly=1, jittery=1, fix=2, order=4))
        assert [one.text for one in found] == ["fix order", "terribly jittery"]
        assert found[0].score == self.ASIDE.score > found[1].score

    def test_are_named_by_what_several_say(self):
        told = phrase(9, "camera broken", told=True)
        found = [told, self.ASKED]
        assert preferred(found, weights(5, camera=4, broken=3, fix=1, order=1)) == found
        assert preferred(found, weights(5, camera=4, broken=1, fix=1, order=1))[0].text == "fix order"

    def test_many_are_named_as_most_put_it(self):
        found = [self.ASIDE, self.ASKED]
        assert preferred(found, weights(50, terribly=9, jittery=9, fix=9, order=9)) == found

    def test_are_asked_for_something_in_words_that_every_turn_has(self):
        turns = ["I'm terribly jittery", "it is terribly jittery weather", "can you play the music"]
        assert name_of(*turns, times=1) == "Play music"


class TestANameOfTwo:
    def test_is_worth_what_it_says_and_not_one_of_its_phrases(self):
        offered = {frozenset({"card", "declin"}): 9.0}
        assert Choice("Card declined", "", offered).worth("Use card / be declined") is None
        assert Choice("Use card / be declined", "", offered).worth("Use card / be declined") == 9.0


class TestATakenName:
    def test_is_told_in_full(self):
        turns = ["I want to exchange my laptop", "please exchange the laptop for a lighter model"]
        wanted = phrase(9, "exchange laptop", acts=True)
        known = weights(4, exchange=4, laptop=4, lighter=1, model=1)
        one = in_full(wanted, turns, known, ["Exchange laptop"])
        assert (one.text, one.turn) == ("exchange laptop for lighter model", turns[1])
        assert in_full(wanted, turns, known, ["Exchange laptop", "Exchange laptop for lighter model"]) is None

    def test_stands_beside_what_is_to_be_done_too(self):
        found = [phrase(9, "cancel reservation", acts=True), phrase(8, "looks perfect")]
        asked = [*found, phrase(2, "verify airline", acts=True)]
        taken = ["Cancel reservation"]
        assert beside(found[0], found, taken, set(), acting=True) is None
        assert (
            beside(found[0], asked, taken, set(), acting=True)[0] == f"Cancel reservation{SIDE}verify airline"
        )
        assert beside(found[0], found, taken, set(), acting=False)[0].endswith("looks perfect")


class TestWhatStandsForAThing:
    @staticmethod
    def asked_for(text):
        found = [clause.tokens for clause in clauses(text)]
        return [" ".join(token.text for token in each) for each in errands(found)]

    def test_is_what_was_counted(self):
        text = "I accidentally booked two flights, and I need to cancel one of them"
        assert self.asked_for(text) == ["cancel flights"]

    def test_is_not_what_it_came_with(self):
        text = "I got an office chair, but it arrived with broken parts. I want to return it"
        assert self.asked_for(text) == ["return office chair"]
        text = "I'm upset about the quality of two lamps I bought. I'd like to return them"
        assert self.asked_for(text) == ["return lamps"]
