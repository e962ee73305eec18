"""Customer records of one block: registration, second records, links, older versions."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from . import names
from .company import CHANNELS, COUNTRIES, DAY, END, START, Company, choice
from .people import People
from .text import blank, dates, flags, instants, join, numbered, pick, texts

LINK, SAME_EMAIL, SAME_PHONE = 0, 1, 2  # what shows that a second record is the same person
SECOND_SHARES = (0.4, 0.35, 0.25)


@dataclass
class Records:
    """When people register, and their second records (K...) beside the first one (C...)."""

    created: np.ndarray  # registration by person; END for those who never register
    second: np.ndarray  # persons with a second record
    second_from: np.ndarray  # instant from which the second record orders
    second_kind: np.ndarray  # LINK, SAME_EMAIL or SAME_PHONE
    deleted: np.ndarray  # whether the source deleted the customer, by person
    consents: np.ndarray  # whether e-mails are allowed, by person; known once customers() has run

    def uses_second(self, person: np.ndarray, at: np.ndarray) -> np.ndarray:
        """Whether a person acts under the second record at that instant."""
        begins = np.full(len(self.created), END)
        begins[self.second] = self.second_from
        return at >= begins[person]


def records(rng, c: Company, who: People, first: np.ndarray, last: np.ndarray) -> Records:
    """Register people: before the first order, or (late) one to thirty days after it."""
    size = len(who)
    ahead = first - rng.integers(120, 2 * DAY, size)
    after = first + DAY + rng.integers(0, 29 * DAY, size)
    arrived = START + (who.arrival * DAY).astype(np.int64)
    late = who.late_register & who.has_email & who.buys & (after < END)
    created = np.where(late, after, np.where(who.buys, ahead, arrived))
    created = np.clip(created, START, END - 1)
    created[who.registered :] = END
    able = (last - first > 30 * DAY) & (np.arange(size) < who.registered) & ~late
    able &= who.has_email & who.has_phone
    second = np.flatnonzero(able & (rng.random(size) < c.second_record_share))
    if not len(second):  # a very small company has one all the same
        second = np.flatnonzero(able)[:1]
    begins = first[second] + (rng.random(len(second)) * (last - first)[second]).astype(np.int64)
    kind = choice(rng, SECOND_SHARES, len(second))
    kind[:1] = LINK
    idle = ~who.buys & ~who.subscribes & (np.arange(size) < who.registered)
    deleted = idle & (rng.random(size) < 0.08)
    return Records(created, second, begins, kind, deleted, np.zeros(size, dtype=bool))


def customer_ids(who: People, held: Records, person: np.ndarray, at: np.ndarray) -> pa.Array:
    """The record under which each person acts at that instant."""
    second = pa.array(held.uses_second(person, at))
    ids = numbered("", who.number[person])
    return join(pc.if_else(second, "K", "C"), ids)


def full_names(who: People) -> pa.Array:
    """Thai names in Thailand, Laos and Singapore, Vietnamese names in Vietnam."""
    n = who.name
    thai = join(
        pick(names.THAI_GIVEN, n % len(names.THAI_GIVEN)), " ",
        pick(names.THAI_FAMILY, (n >> 5) % len(names.THAI_FAMILY)),
    )  # fmt: skip
    viet = join(
        pick(names.VIET_FAMILY, (n >> 5) % len(names.VIET_FAMILY)), " ",
        pick(names.VIET_MIDDLE, (n >> 10) % len(names.VIET_MIDDLE)), " ",
        pick(names.VIET_GIVEN, n % len(names.VIET_GIVEN)),
    )  # fmt: skip
    return pc.if_else(pa.array(who.country == 1), viet, thai)


def emails(who: People) -> pa.Array:
    """One address per person: a Latin given name, the person's number, a reserved domain."""
    thai = pick(names.THAI_GIVEN_LATIN, who.name % len(names.THAI_GIVEN))
    viet = pick(names.VIET_GIVEN_LATIN, who.name % len(names.VIET_GIVEN))
    slug = pc.if_else(pa.array(who.country == 1), viet, thai)
    mark = pick([".", ".g"], (np.arange(len(who)) >= who.registered).astype(np.int8))
    domain = pick(names.DOMAINS, (who.name >> 15) % len(names.DOMAINS))
    return join(slug, mark, texts(who.number), "@", domain)


def phones(who: People) -> pa.Array:
    """One number per person: the person's number, spread over eight digits without repetition."""
    digits = pc.utf8_lpad(texts(who.number * 7_919 % 10**8), 8, "0")
    head, tail = pc.utf8_slice_codeunits(digits, 0, 4), pc.utf8_slice_codeunits(digits, 4, 8)
    return join(pick(["+66 1 ", "+84 1 "], (who.country == 1).astype(np.int8)), head, " ", tail)


def customers(rng, c: Company, who: People, held: Records) -> pa.Table:
    """All customer records, older versions included, sorted by id and version."""
    n = who.registered
    person = np.arange(n)
    plain = _rows(rng, who, held, person)
    parts = [plain]
    second = _second_rows(plain, held, rng, who)
    parts.append(second)
    chain = held.second[held.second_kind == LINK][:1]
    third = second.take(pa.array(np.flatnonzero(np.isin(held.second, chain))))
    ids = numbered("M", who.number[chain])
    third = _set(third, customer_id=ids, email=pa.array([None], pa.string()))
    third = _set(third, created_at=instants(rng, _chain_at(held)))
    parts.append(_set(third, updated_at=third["created_at"]))
    # the older version has the attributes that later changed, and was written at registration
    changed = np.flatnonzero((rng.random(n) < c.customer_update_share) & ~held.deleted[:n])
    old = plain.take(pa.array(changed))
    what = rng.integers(0, 3, len(changed))
    capital = pick(["กรุงเทพมหานคร", "Hà Nội", "ວຽງຈັນ", "Singapore"], who.country[changed])
    old = _set(
        old,
        region=pc.if_else(pa.array(what == 0), capital, old["region"].combine_chunks()),
        city=pc.if_else(pa.array(what == 0), capital, old["city"].combine_chunks()),
        persona=pc.if_else(pa.array(what == 1), "explorer", old["persona"]),
        marketing_consent=pc.if_else(pa.array(what == 2), "false", old["marketing_consent"]),
        updated_at=instants(rng, held.created[changed]),
        is_deleted=flags(np.zeros(len(changed))),
    )
    later = held.created[changed] + rng.integers(DAY, 200 * DAY, len(changed))
    later = np.minimum(later, END - 1)
    newer = _set(plain.take(pa.array(changed)), updated_at=instants(rng, later))
    keep = np.setdiff1d(person, changed)
    parts[0] = plain.take(pa.array(keep))
    table = pa.concat_tables([*parts, old, newer])
    version = np.zeros(len(table), dtype=np.int64)
    version[len(table) - len(newer) :] = 1
    table = table.append_column("version", pa.array(version))
    table = table.sort_by([("customer_id", "ascending"), ("version", "ascending")])
    return table.drop_columns(["version"])


def _rows(rng, who: People, held: Records, person: np.ndarray) -> pa.Table:
    """One row per first record."""
    n = len(person)
    place = who.place[person]
    born = np.datetime64("1952-01-01") + rng.integers(0, 20_000, n)
    business = rng.random(n) < 0.06
    deleted = held.deleted[person]
    updated = np.where(deleted, np.minimum(held.created[person] + 9 * DAY, END - 1),
                       held.created[person])  # fmt: skip
    consent = choice(rng, (0.62, 0.33, 0.05), n)
    held.consents[person] = consent == 0
    return pa.table(
        {
            "customer_id": numbered("C", who.number[person]),
            "full_name": full_names(who)[:n],
            "email": blank(emails(who)[:n], who.has_email[person]),
            "phone": blank(phones(who)[:n], who.has_phone[person]),
            "created_at": instants(rng, held.created[person]),
            "birth_date": blank(dates(born), ~business & (rng.random(n) < 0.7)),
            "gender": pick(["female", "male", "other", None], choice(rng, (48, 40, 2, 10), n)),
            "country_code": pick(COUNTRIES, who.country[person]),
            "region": pick([p[1] for p in names.PLACES], place),
            "city": pick([p[2] for p in names.PLACES], place),
            "customer_type": pick(["consumer", "business"], business.astype(np.int8)),
            "account_id": blank(join("A", texts(who.number[person] // 3)), business),
            "acquisition_channel": pick(CHANNELS, who.channel[person]),
            "acquisition_campaign_id": pick(
                [None, "CMP-11", "CMP-12", "CMP-21", None, None], who.channel[person]
            ),
            "persona": pick(names.PERSONAS, rng.integers(0, len(names.PERSONAS), n)),
            "interests": pick(names.INTERESTS, rng.integers(0, len(names.INTERESTS), n)),
            "marketing_consent": pick(["true", "false", None], consent),
            "is_test": flags(who.is_test[person]),
            "updated_at": instants(rng, updated),
            "is_deleted": flags(deleted),
        }
    )


def _second_rows(plain: pa.Table, held: Records, rng, who: People) -> pa.Table:
    """Second records: the same e-mail or phone, written differently, or neither (a link tells)."""
    rows = plain.take(pa.array(held.second))
    kind = held.second_kind
    none = pa.scalar(None, pa.string())
    loud = join(" ", pc.utf8_upper(rows["email"].combine_chunks()), " ")
    dashed = pc.replace_substring(rows["phone"].combine_chunks(), " ", "-")
    created = instants(rng, held.second_from - 60)
    return _set(
        rows,
        customer_id=numbered("K", who.number[held.second]),
        email=pc.if_else(pa.array(kind == SAME_EMAIL), loud, none),
        phone=pc.if_else(pa.array(kind == SAME_PHONE), dashed, none),
        created_at=created,
        updated_at=created,
        acquisition_channel=pick(["store"], np.zeros(len(kind), dtype=np.int8)),
        acquisition_campaign_id=pick([None], np.zeros(len(kind), dtype=np.int8)),
    )


def links(rng, who: People, held: Records) -> pa.Table:
    """Merges: second record into first; the first merge goes on to a third record (a chain)."""
    merged = held.second_kind == LINK
    person, begins = held.second[merged], held.second_from[merged]
    at = np.minimum(begins + rng.integers(0, 40 * DAY, len(person)), END - 3600)
    gone = [numbered("K", who.number[person]), numbered("C", who.number[person[:1]])]
    into = [numbered("C", who.number[person]), numbered("M", who.number[person[:1]])]
    chain = np.minimum(_chain_at(held) + DAY, END - 1800)
    linked = instants(rng, np.concatenate([at, chain]))
    table = pa.table(
        {
            "customer_id": pa.concat_arrays(gone),
            "merged_into_customer_id": pa.concat_arrays(into),
            "linked_at": linked,
        }
    )
    return table.sort_by([("customer_id", "ascending")])


def _chain_at(held: Records) -> np.ndarray:
    """Instant at which the third record of the chain appears: the day after the second one."""
    begins = held.second_from[held.second_kind == LINK][:1]
    return np.minimum(begins + DAY, END - 7200)


def _set(table: pa.Table, **columns) -> pa.Table:
    """The table with some columns replaced."""
    for name, values in columns.items():
        table = table.set_column(table.column_names.index(name), name, values)
    return table


def guest_texts(rng, who: People, person: np.ndarray) -> pa.Array:
    """A guest's e-mail as typed at the till: one in four in capitals."""
    plain = emails(who).take(pa.array(person))
    return pc.if_else(pa.array(rng.random(len(person)) < 0.25), pc.utf8_upper(plain), plain)


def erasure_requests(who: People, held: Records) -> pa.Table:
    """Every second customer whom the source deleted asked for it; the first block also has a
    request by somebody unknown. All of them count in no figure, erased or not."""
    person = np.flatnonzero(held.deleted)[::2]
    asked = np.minimum(held.created[person] + 10 * DAY, END - 1).astype("datetime64[s]")
    at = join(pc.replace_substring(pc.cast(pa.array(asked), pa.string()), " ", "T"), "+07:00")
    ids = numbered("C", who.number[person])
    if who.number[0] == 1:
        ids = pa.concat_arrays([pa.array(["C-UNKNOWN"]), ids])
        at = pa.concat_arrays([pa.array(["2025-06-01T09:00:00+07:00"]), at])
    return pa.table({"customer_id": ids, "requested_at": at})
