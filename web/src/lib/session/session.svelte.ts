// SPDX-License-Identifier: Apache-2.0
import { api, ok, setAccessToken, setSessionHooks, type Schema } from '$lib/api/client';
import { ApiError } from '$lib/api/error';
import { oneTabAtATime } from './lock';

export type Me = Schema['MeView'];
export type Team = Schema['TeamView'];
export type TeamRole = NonNullable<Team['role']>;
export type SignIn = Schema['AuthView'];

type Status = 'unknown' | 'signed_out' | 'signed_in';
type Reset = (reason: 'sign_out' | 'switch_team') => void;

/**
 * Who is signed in, and for which team. Role and `is_byoc` are those of `/v1/teams`, never those of a token's claims.
 */
class Session {
  status = $state<Status>('unknown');
  me = $state<Me>();
  teams = $state<Team[]>([]);
  team_id = $state<string>();
  teamsLoaded = $state(false);

  team = $derived(this.teams.find((team) => team.id === this.team_id));
  role = $derived(this.team?.role);
  is_byoc = $derived(this.team?.is_byoc ?? false);
  is_admin = $derived(this.me?.is_admin ?? false);
  /** Owners and admins of the team. */
  canManage = $derived(this.role === 'owner' || this.role === 'admin');

  private renewal: Promise<boolean> | undefined;
  /** Counts the lists of teams that were asked for: one that is overtaken by a later one is not taken. */
  private teamsAsked = 0;
  private teamsTaken = 0;
  private starting: Promise<void> | undefined;
  private readonly resets = new Set<Reset>();
  private readonly channel = globalThis.BroadcastChannel && new BroadcastChannel('sandbar-session');

  constructor() {
    setSessionHooks({ renew: () => this.renew() });
    if (this.channel)
      this.channel.onmessage = ({ data }) => {
        if (data === 'signed_out' && this.status === 'signed_in') this.reset('sign_out');
      };
  }

  /** Called when all that was learned about the last user or team has to go. */
  onReset(reset: Reset): () => void {
    this.resets.add(reset);
    return () => this.resets.delete(reset);
  }

  /** At page load: a browser that was signed in has a cookie that renews its session. */
  start(): Promise<void> {
    this.starting ??= this.findOut().finally(() => (this.starting = undefined));
    return this.starting;
  }

  private async findOut(): Promise<void> {
    if (this.status === 'signed_in') return;
    if (await this.renew()) await this.load();
    else this.status = 'signed_out';
  }

  async signIn(email: string, password: string): Promise<void> {
    const view = await ok(api.POST('/v1/auth/login', { body: { email, password } }));
    await this.adopt(view);
  }

  /** What login, activation, sign-up and a provider's return answer. */
  async adopt(view: SignIn): Promise<void> {
    this.forget('sign_out');
    this.take(view);
    await this.load();
  }

  async switchTeam(team_id: string): Promise<void> {
    if (team_id === this.team_id) return;
    const view = await ok(api.POST('/v1/auth/switch-team', { body: { team_id } }));
    this.take(view);
    for (const reset of this.resets) reset('switch_team');
    if (!this.team) await this.loadTeams();
  }

  /** After the current team was left or deleted: the next one, or none. */
  async leaveCurrentTeam(): Promise<Team | undefined> {
    const left = this.team_id;
    const teams = (await this.loadTeams()).filter((team) => team.id !== left);
    for (const next of teams) if (await this.mayEnter(next)) return next;
    this.team_id = undefined;
    for (const reset of this.resets) reset('switch_team');
    return undefined;
  }

  /** The user may have been taken out of that team, too, since the list was read. */
  private async mayEnter(team: Team): Promise<boolean> {
    try {
      await this.switchTeam(team.id);
      return true;
    } catch (thrown) {
      const isLost = thrown instanceof ApiError && (thrown.status === 403 || thrown.status === 404);
      if (!isLost) throw thrown;
      return false;
    }
  }

  async signOut(): Promise<void> {
    try {
      await api.POST('/v1/auth/logout');
    } finally {
      this.reset('sign_out');
      this.channel?.postMessage('signed_out');
    }
  }

  async loadTeams(): Promise<Team[]> {
    const asked = ++this.teamsAsked;
    const { items } = await ok(api.GET('/v1/teams'));
    if (asked > this.teamsTaken) {
      this.teamsTaken = asked;
      this.teams = items;
      this.teamsLoaded = true;
    }
    return items;
  }

  async loadMe(): Promise<Me> {
    this.me = await ok(api.GET('/v1/me'));
    return this.me;
  }

  /** The team of the token is the first choice; whoever has lost it lands in the first team there is. */
  private async load(): Promise<void> {
    const [, teams] = await Promise.all([this.loadMe(), this.loadTeams()]);
    this.status = 'signed_in';
    if (teams.some((team) => team.id === this.team_id)) return;
    const first = teams[0];
    if (first) await this.switchTeam(first.id);
    else this.team_id = undefined;
  }

  private take(view: SignIn): void {
    setAccessToken(view.token);
    this.team_id = view.team_id;
  }

  private renew(): Promise<boolean> {
    this.renewal ??= oneTabAtATime('sandbar-refresh', () => this.renewOnce()).finally(() => {
      this.renewal = undefined;
    });
    return this.renewal;
  }

  /** Another tab may have switched its team, or have signed in somebody else: this tab follows, or goes back to its own. */
  private async renewOnce(): Promise<boolean> {
    const team_id = this.team_id;
    try {
      const view = await ok(api.POST('/v1/auth/refresh'));
      const isSomebodyElse = this.me !== undefined && this.me.user_id !== view.user_id;
      if (isSomebodyElse) {
        await this.adopt(view);
        return true;
      }
      setAccessToken(view.token);
      if (team_id === undefined || team_id === view.team_id) this.team_id = view.team_id;
      else await this.returnTo(team_id, view);
      return true;
    } catch (thrown) {
      const isRefused = thrown instanceof ApiError && (thrown.status === 401 || thrown.status === 403);
      if (!isRefused) throw thrown;
      this.reset('sign_out');
      return false;
    }
  }

  private async returnTo(team_id: string, view: SignIn): Promise<void> {
    try {
      this.take(await ok(api.POST('/v1/auth/switch-team', { body: { team_id } })));
    } catch {
      this.take(view);
      for (const reset of this.resets) reset('switch_team');
    }
  }

  private reset(reason: 'sign_out'): void {
    this.forget(reason);
    this.status = 'signed_out';
  }

  private forget(reason: 'sign_out'): void {
    setAccessToken(undefined);
    this.me = undefined;
    this.teams = [];
    this.teamsTaken = this.teamsAsked;
    this.teamsLoaded = false;
    this.team_id = undefined;
    for (const reset of this.resets) reset(reason);
  }
}

export const session = new Session();
