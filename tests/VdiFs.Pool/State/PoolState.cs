using System.Security.Cryptography;
using VdiFs.Pool.Faults;

namespace VdiFs.Pool.State;

/// <summary>
/// The database of the pool. Read under <see cref="Read{T}"/>, change under <see cref="Mutate(Action)"/>; every
/// changed wire field bumps <see cref="Generation"/>, and the end of the outermost Mutate wakes who waits.
/// </summary>
public sealed class PoolState
{
    // event.from names classes in any case.
    private readonly Dictionary<string, ObjectTable> _tables = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, XapiObject> _byRef = new(StringComparer.Ordinal);
    private readonly Dictionary<string, XapiObject> _byUuid = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private readonly Random _random;

    // Under _lock:
    private TaskCompletionSource _changed = NewSignal();
    private long _generation = 1;
    private int _depth;
    private bool _dirty;

    /// <summary>An empty pool; equal seeds give equal uuids and references.</summary>
    public PoolState(int seed, TimeProvider time)
    {
        _random = new Random(seed);
        Time = time;
        Sessions = new SessionTable(this);
        foreach (string name in ClassNames.All)
        {
            _tables.Add(name, new ObjectTable());
        }
    }

    /// <summary>The pool's clock.</summary>
    public TimeProvider Time { get; }

    /// <summary>What goes wrong, switchable at any time.</summary>
    public PoolFaults Faults { get; } = new();

    /// <summary>Who is logged in.</summary>
    public SessionTable Sessions { get; }

    /// <summary>Counts changes; never falls, except by <see cref="RestartGeneration"/>.</summary>
    public long Generation
    {
        get
        {
            lock (_lock)
            {
                return _generation;
            }
        }
    }

    /// <summary>The pool object.</summary>
    public PoolObject Pool => All<PoolObject>().Single();

    /// <summary>The coordinator.</summary>
    public HostObject Coordinator => Read(() => Pool.Master ?? throw new InvalidOperationException("no coordinator"));

    /// <summary>The hosts, in the order in which they were added.</summary>
    public IReadOnlyList<HostObject> Hosts => All<HostObject>();

    /// <summary>Runs under the lock.</summary>
    public T Read<T>(Func<T> read)
    {
        lock (_lock)
        {
            return read();
        }
    }

    /// <summary>Changes the pool under the lock; may be nested.</summary>
    public void Mutate(Action change) => Mutate(() =>
    {
        change();
        return true;
    });

    /// <summary>Changes the pool under the lock; may be nested.</summary>
    public T Mutate<T>(Func<T> change)
    {
        TaskCompletionSource? wake = null;
        try
        {
            lock (_lock)
            {
                _depth++;
                try
                {
                    return change();
                }
                finally
                {
                    _depth--;
                    if (_depth == 0 && _dirty)
                    {
                        _dirty = false;
                        wake = _changed;
                        _changed = NewSignal();
                    }
                }
            }
        }
        finally
        {
            wake?.SetResult();
        }
    }

    /// <summary>Puts an object into the database.</summary>
    public T Add<T>(T one)
        where T : XapiObject => Mutate(() =>
    {
        _tables[one.ClassName].Add(one);
        _byRef.Add(one.Ref, one);
        _byUuid.Add(one.Uuid, one);
        one.CreatedAt = ++_generation;
        one.ModifiedAt = _generation;
        _dirty = true;
        one.Link();
        return one;
    });

    /// <summary>Takes an object out of the database, if it is in.</summary>
    public void Remove(XapiObject one) => Mutate(() =>
    {
        if (_byRef.Remove(one.Ref))
        {
            _byUuid.Remove(one.Uuid);
            one.Unlink();
            one.IsGone = true;
            _tables[one.ClassName].Remove(one, ++_generation);
            _dirty = true;
        }
    });

    /// <summary>All objects of a type now.</summary>
    public IReadOnlyList<T> All<T>()
        where T : XapiObject => Read(
            () => _tables[ClassNames.Of<T>()].Objects.Cast<T>().OrderBy(one => one.CreatedAt).ToArray());

    /// <summary>The object of a reference; null when there is none of that type.</summary>
    public T? Find<T>(string reference)
        where T : XapiObject => Read(() => _byRef.GetValueOrDefault(reference) as T);

    /// <summary>The object of a reference.</summary>
    /// <exception cref="XapiFailureException">HANDLE_INVALID.</exception>
    public T Get<T>(string reference)
        where T : XapiObject =>
        Find<T>(reference) ?? throw XapiFailureException.HandleInvalid(ClassNames.Of<T>(), reference);

    /// <summary>The object of a uuid; null when there is none of that type.</summary>
    public T? FindByUuid<T>(string uuid)
        where T : XapiObject => Read(() => _byUuid.GetValueOrDefault(uuid) as T);

    /// <summary>The object of a uuid.</summary>
    /// <exception cref="XapiFailureException">UUID_INVALID.</exception>
    public T GetByUuid<T>(string uuid)
        where T : XapiObject =>
        FindByUuid<T>(uuid) ?? throw XapiFailureException.UuidInvalid(ClassNames.Of<T>(), uuid);

    /// <summary>Ends when the database is past <paramref name="seen"/>, at once if it is already.</summary>
    public Task WaitForChangeAsync(long seen, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return _generation > seen ? Task.CompletedTask : _changed.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Counts anew, as after a restart of the toolstack: older tokens mean nothing.</summary>
    public void RestartGeneration() => Mutate(() =>
    {
        _generation = 1;
        foreach (ObjectTable table in _tables.Values)
        {
            table.ForgetDeletions();
        }

        foreach (XapiObject one in _byRef.Values)
        {
            one.CreatedAt = ++_generation;
            one.ModifiedAt = _generation;
        }

        _dirty = true;
    });

    internal ObjectTable Table(string className) => _tables[className];

    internal bool HasClass(string className) => _tables.ContainsKey(className);

    internal void Touch(XapiObject one)
    {
        if (one.CreatedAt == 0 || one.IsGone)
        {
            return;
        }

        if (_depth == 0 || !_lock.IsHeldByCurrentThread)
        {
            throw new InvalidOperationException($"{one.ClassName} {one.Ref} was changed outside Mutate");
        }

        one.ModifiedAt = ++_generation;
        _dirty = true;
    }

    internal string NewRef() => "OpaqueRef:" + NewUuid();

    /// <summary>A random uuid of version 4, from the seed.</summary>
    internal string NewUuid()
    {
        Span<byte> bytes = stackalloc byte[16];
        lock (_lock)
        {
            _random.NextBytes(bytes);
        }

        bytes[6] = (byte)((bytes[6] & 0x0f) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        return new Guid(bytes, bigEndian: true).ToString();
    }

    /// <summary>A reference that no seed repeats: sessions are secrets.</summary>
    internal static string NewSecretRef() =>
        "OpaqueRef:" + new Guid(RandomNumberGenerator.GetBytes(16)).ToString();

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
